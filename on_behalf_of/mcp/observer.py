"""Callbacks with which the MCP server reports what it does. By default they do nothing, and cost almost nothing.

Every label comes from a limited set: names of the server's own tools, codes, parties. It never contains a user, or text
from outside.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from on_behalf_of.exchange import errors as exchange_errors
from on_behalf_of.exchange.observer import ExchangeObserver, nothing
from on_behalf_of.mcp.api import errors as downstream_errors
from on_behalf_of.primitives.call_error import CallError
from on_behalf_of.primitives.span import BeginSpan, no_spans
from on_behalf_of.resource_server.refusals import KeysUnavailable, Reason

OTHER = "other"


@dataclass(frozen=True)
class Observer(ExchangeObserver):
    """The exchange's callbacks, and those of the endpoint."""

    called: Callable[[str, str, float], None] = nothing  # tool, outcome, seconds
    refused: Callable[[str], None] = nothing  # reason
    span: BeginSpan = no_spans  # around serving a request
    process_ends: Callable[[], None] = nothing  # called on a thread that may wait a little
    records_dropped: Callable[[int], None] = nothing  # how many records of tool calls were lost


def reason_of(error: Exception) -> str:
    """Return the code of a refusal at the gate."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, Reason):
        return reason.value
    if isinstance(error, KeysUnavailable):
        return "keys_unavailable"
    status = getattr(error, "status", None)
    return f"http_{status}" if isinstance(status, int) else "invalid_request"


def bounded(reason: str) -> str:
    """Return a reason from a call's record as a label. Unknown ones become "other": the API may send any code."""
    return reason if reason in KNOWN_REASONS else OTHER


def _reasons(kind: type[CallError]) -> Iterator[str]:
    yield kind.reason
    for each in kind.__subclasses__():
        yield from _reasons(each)


_MODULES = (downstream_errors, exchange_errors)  # imported here, so that their classes are among the subclasses
KNOWN_REASONS = frozenset({*Reason, *_reasons(CallError), "unknown_tool", "invalid_request"})
