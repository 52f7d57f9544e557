from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from on_behalf_of.primitives.span import Span
from on_behalf_of.primitives.time_ordered_id import time_ordered_id

# W3C Trace Context §3.2.2, version 00 only: this code doesn't know what later versions append.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
SAMPLED = 1


@dataclass(frozen=True)
class Trace:
    """Connects one request with all requests that it causes elsewhere (W3C Trace Context)."""

    id: str  # 32 hexadecimal digits
    from_caller: bool  # the caller chose the id, so it proves nothing
    is_sampled: bool = False
    received: str = ""  # the caller's header, which names the step in which it called

    @classmethod
    def made(cls) -> Trace:
        return cls(time_ordered_id(), from_caller=False)  # its last 7 bytes are random, as §3.2.2.3 recommends

    @classmethod
    def parse(cls, traceparent: object) -> Trace | None:
        """Return the caller's trace; None if the header is absent or malformed (§3.2.2.5)."""
        if not isinstance(traceparent, str) or not (match := _TRACEPARENT.fullmatch(traceparent)):
            return None
        is_sampled = bool(int(match[2], 16) & SAMPLED)
        return cls(match[1], from_caller=True, is_sampled=is_sampled, received=traceparent)

    def traceparent(self) -> str:
        """Return the header for one request to another service. Each gets a span id of its own (§3.2.2.4)."""
        return f"00-{self.id}-{secrets.token_hex(8)}-{SAMPLED if self.is_sampled else 0:02x}"

    def traceparent_in(self, step: Span) -> str:
        """Return the header for the one request that is made in `step`: the step's own if tracing is on."""
        return step.traceparent or self.traceparent()
