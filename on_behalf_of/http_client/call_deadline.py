from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """The time at which a whole call must be over, with all requests that it makes."""

    at: float  # seconds of time.monotonic()

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds that are left; never below zero."""
        return max(0.0, self.at - time.monotonic())
