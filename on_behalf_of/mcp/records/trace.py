from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

# W3C Trace Context §3.2.2, version 00 and nothing else: what later versions append is not known here.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
SAMPLED = 1


@dataclass(frozen=True)
class Trace:
    """What connects one MCP request with all that it causes elsewhere (W3C Trace Context)."""

    id: str  # 32 hexadecimal digits
    from_caller: bool  # the caller chose the id, so it proves nothing
    is_sampled: bool = False
    received: str = ""  # the caller's own header, naming the step in which it called

    @classmethod
    def made(cls) -> Trace:
        return cls(secrets.token_hex(16), from_caller=False)

    def traceparent(self) -> str:
        """The header for one request to another service: each has a span id of its own (§3.2.2.4)."""
        return f"00-{self.id}-{secrets.token_hex(8)}-{SAMPLED if self.is_sampled else 0:02x}"


def trace_of(headers: Sequence[str], meta: object) -> Trace:
    """The caller's trace: that of the HTTP header, else that of the MCP request's `_meta`, else a new one.

    `meta` is whatever stands in `params._meta`, where MCP clients put `traceparent` under that very name. What is
    malformed counts as absent (§3.2.2.5), and so do several headers. `tracestate` and baggage are not passed on: they
    would carry a caller's text to services that it has no business with.
    """
    in_meta = meta.get("traceparent") if isinstance(meta, dict) else None
    for value in (headers[0] if len(headers) == 1 else None, in_meta):
        if isinstance(value, str) and (match := _TRACEPARENT.fullmatch(value)):
            return Trace(match[1], from_caller=True, is_sampled=bool(int(match[2], 16) & SAMPLED), received=value)
    return Trace.made()
