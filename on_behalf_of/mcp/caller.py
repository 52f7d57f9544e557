from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.exchange.token_origin import TokenOrigin
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.records.trace import Trace
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.errors import BearerTokenError, Reason

_SCOPE_KEY = "on_behalf_of.mcp.caller"


class NoLongerAccepted(BearerTokenError):
    """Token A verifies here, and the tenant rejects it all the same: its session is over."""

    status, error = 401, "invalid_token"

    def __init__(self) -> None:
        super().__init__(Reason.EXPIRED, "The tenant no longer accepts the access token; log in again.")


@dataclass
class Caller:
    """Who sent the HTTP request at hand: token A, verified, and the token itself for the exchange alone."""

    token: AccessToken
    subject_token: str = field(repr=False)  # goes to the tenant's token endpoint and nowhere else
    address: str = ""  # the user's, as far as it is known
    # What only came out while the request was served, and must become its HTTP status after all.
    refusal: BearerTokenError | None = None
    has_written: bool = False  # something was asked of the API that may have changed it
    wants_progress: bool = False  # and takes its answer as a stream
    interruption: Interruption = field(default_factory=Interruption)  # once nobody waits for the answer any more
    trace: Trace = field(default_factory=Trace.made)  # goes along with whatever is asked of others for this request
    span: Span = NO_SPAN  # of serving the request
    record: CallRecord | None = None  # where the request calls a tool

    @property
    def request_id(self) -> str:
        """The JSON-RPC id of a tool call, bounded and cleaned as in its record; other requests are known by trace."""
        return self.record.request_id if self.record else ""

    @property
    def trace_id(self) -> str:
        return self.trace.id

    def traceparent(self, step: Span) -> str:
        """The header for one request to another service that is made in this step."""
        return step.traceparent or self.trace.traceparent()

    def refuse(self, refusal: BearerTokenError) -> None:
        """Answer with an HTTP status that sends the client to log in or to ask for consent, and then to try again.

        Not once the API may have been changed: the second try would change it twice.
        """
        if not self.has_written:
            self.refusal = refusal

    def note(self, outcome: Outcome, reason: str = "") -> None:
        """What became of the tool call, for its record."""
        if self.record is not None:
            self.record.note(outcome, reason)

    def note_origin(self, origin: TokenOrigin) -> None:
        """Where the token for the API came from. A call that asked the tenant once did so, whatever came after."""
        if self.record is not None and self.record.exchange is not TokenOrigin.EXCHANGED:
            self.record.exchange = origin

    def attach_to(self, scope: MutableMapping[str, Any]) -> None:
        """Put the caller into the ASGI scope; nothing that a client sends can set this key."""
        scope[_SCOPE_KEY] = self


def caller_of(scope: MutableMapping[str, Any]) -> Caller:
    """The caller whom the gate let in. Raises TypeError for a request that did not pass the gate."""
    caller = scope.get(_SCOPE_KEY)
    if not isinstance(caller, Caller):
        raise TypeError("this request did not pass the gate")
    return caller
