"""The interface of token sources: what memory, shared cache and tenant are asked for, and what they return."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.kept_token import ExchangedToken, ExchangeKey
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.trace import Trace


@dataclass(frozen=True)
class Wanted:
    """A call's request for token B, and how long the call waits for it."""

    caller: Caller
    client: ConfidentialClient  # the one that may exchange the caller's token
    audience: str  # the API's
    scope: tuple[str, ...]  # exactly what the tenant is asked for
    deadline: Deadline
    interruption: Interruption = field(default_factory=Interruption)
    trace: Trace = field(default_factory=Trace.made)
    span: Span = NO_SPAN  # the step in which the token is wanted

    @cached_property
    def key(self) -> ExchangeKey:
        return ExchangeKey(
            self.caller.token.digest, self.audience, tuple(sorted(self.scope)), client_id=self.client.client_id
        )


class Origin(StrEnum):
    """The source that had the token. The values are labels of measurements."""

    MEMORY = "own"  # this process had it, or another call was getting it
    SHARED = "shared"  # another process had stored it in the shared cache
    TENANT = "miss"  # the tenant was asked


@dataclass(frozen=True)
class Obtained:
    """Token B for one call, and where it came from."""

    token: ExchangedToken
    origin: Origin
    seconds: float = 0.0  # that the exchange took; 0 if the tenant was not asked


class TokenSource(Protocol):
    """Gets tokens itself or from the source behind it. Safe to share between threads."""

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:
        """Return the wanted token. `rejected` is one that the API did not accept; sources forget it.

        Raises an ExchangeError, or CallerGone once the call is interrupted.
        """
        ...
