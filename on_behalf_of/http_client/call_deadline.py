from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """When a whole tool call must be over, with everything it asks of others."""

    at: float  # seconds of time.monotonic()

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds that are left; never below zero."""
        return max(0.0, self.at - time.monotonic())
