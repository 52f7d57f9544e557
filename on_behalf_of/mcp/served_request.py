from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.refusals import BearerTokenError, Reason

_SCOPE_KEY = "on_behalf_of.mcp.served_request"


class NoLongerAccepted(BearerTokenError):
    """Token A verifies here, and the tenant rejects it all the same: its session is over."""

    status, error = 401, "invalid_token"

    def __init__(self) -> None:
        super().__init__(Reason.EXPIRED, "The tenant no longer accepts the access token; log in again.")


@dataclass(eq=False)
class ServedRequest:
    """One JSON-RPC request that passed the gate, while it is served: what it belongs to, and what came of it so far."""

    caller: Caller
    trace: Trace = field(default_factory=Trace.made)  # passed on to every service that is asked for this request
    span: Span = NO_SPAN  # of serving the request
    record: CallRecord | None = None  # of a tool call; None for other requests
    wants_progress: bool = False  # the client takes its answer as a stream
    interruption: Interruption = field(default_factory=Interruption)  # happens once nobody waits for the answer
    has_written: bool = False  # something was asked of the API that may have changed it
    refusal: BearerTokenError | None = None  # found while serving; replaces the answer, with an HTTP status of its own

    @property
    def request_id(self) -> str:
        """The JSON-RPC id of a tool call, bounded and cleaned as in its record; other requests are known by trace."""
        return self.record.request_id if self.record else ""

    @property
    def trace_id(self) -> str:
        return self.trace.id

    def refuse(self, refusal: BearerTokenError) -> None:
        """Answer with an HTTP status that sends the client to log in or to ask for consent, and then to try again.

        Not once the API may have been changed: the second try would change it twice.
        """
        if not self.has_written:
            self.refusal = refusal

    def note(self, outcome: Outcome, reason: str = "") -> None:
        """Put the outcome of the tool call into its record."""
        if self.record is not None:
            self.record.note(outcome, reason)

    def attach_to(self, scope: MutableMapping[str, Any]) -> None:
        """Put the request into the ASGI scope; nothing that a client sends can set this key."""
        scope[_SCOPE_KEY] = self


def served_request(scope: MutableMapping[str, Any]) -> ServedRequest:
    """Return the request that the gate let in. Raises TypeError for one that did not pass the gate."""
    request = scope.get(_SCOPE_KEY)
    if not isinstance(request, ServedRequest):
        raise TypeError("this request did not pass the gate")
    return request
