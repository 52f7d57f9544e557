from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.tool_result import ToolResult
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.refusals import BearerTokenError, Reason

_SCOPE_KEY = "on_behalf_of.mcp.served_request"


class NoLongerAccepted(BearerTokenError):
    """Token A verifies here, but the tenant rejects it: the user's session is over."""

    status, error = 401, "invalid_token"

    def __init__(self) -> None:
        super().__init__(Reason.EXPIRED, "The tenant no longer accepts the access token; log in again.")


@dataclass(eq=False)
class ServedRequest:
    """One JSON-RPC request that passed the gate, while it is served: whose it is, and what has happened so far."""

    caller: Caller
    trace: Trace = field(default_factory=Trace.made)  # passed on to every service that this request calls
    span: Span = NO_SPAN  # of serving the request
    record: CallRecord | None = None  # of a tool call; None for other requests
    request: JsonRpcRequest | None = None  # as it was read; None outside the endpoint
    wants_progress: bool = False  # the client gets its answer as a stream
    interruption: Interruption = field(default_factory=Interruption)  # happens once the client no longer waits
    has_written: bool = False  # a request to the API may have changed data
    result: ToolResult | None = None  # of the tool call, if it ran before the SDK got the request
    refusal: BearerTokenError | None = None  # found while serving; it replaces the answer, with its own HTTP status

    @property
    def request_id(self) -> str:
        """Return the JSON-RPC id of a tool call, cut and cleaned as in its record; "" for other requests."""
        return self.record.request_id if self.record else ""

    @property
    def trace_id(self) -> str:
        return self.trace.id

    def refuse(self, refusal: BearerTokenError) -> None:
        """Answer with an HTTP status that makes the client log in or ask for consent, and then try again.

        Do nothing if data at the API may have changed, because the second try would change it twice.
        """
        if not self.has_written:
            self.refusal = refusal

    def note(self, outcome: Outcome, reason: str = "") -> None:
        """Put the outcome of the tool call into its record."""
        if self.record is not None:
            self.record.note(outcome, reason)

    def attach_to(self, scope: MutableMapping[str, Any]) -> None:
        """Put the request into the ASGI scope, under a key that clients cannot set."""
        scope[_SCOPE_KEY] = self


def served_request(scope: MutableMapping[str, Any]) -> ServedRequest:
    """Return the request that passed the gate. Raises TypeError for one that did not."""
    request = scope.get(_SCOPE_KEY)
    if not isinstance(request, ServedRequest):
        raise TypeError("this request did not pass the gate")
    return request
