"""The exchange as its callers see it: token A in, a token for one API out (RFC 8693)."""

from collections.abc import Mapping
from dataclasses import dataclass

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.errors import DelegationTooDeep, NotAUser
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.token_source import Obtained, TokenSource, Wanted
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.token_rules import TokenRules

TOO_MANY_ACTORS = 4  # Auth0 exchanges no subject token that already has as many


@dataclass(frozen=True)
class TokenExchange:
    """Gets tokens for one API on users' behalf. `source` is `MemorySource(SharedSource(TenantSource(…)))`."""

    clients: Mapping[str, ConfidentialClient]  # by the identifier of this service that the tenant linked the client to
    rules: TokenRules  # of the API's tokens
    source: TokenSource

    def token_for(
        self,
        caller: Caller,
        *,
        scope: tuple[str, ...],
        deadline: Deadline,
        interruption: Interruption | None = None,
        trace: Trace | None = None,
        span: Span = NO_SPAN,
        rejected: ExchangedToken | None = None,
    ) -> Obtained:
        """Return a token for the API on the caller's behalf, with exactly `scope` asked for.

        `rejected` is a token that the API did not accept; another one is obtained then. `trace` and `span` connect
        the request to the tenant with the call that needs it. Raises an ExchangeError, or CallerGone once
        `interruption` happens.
        """
        if caller.token.is_machine:
            raise NotAUser
        if caller.token.actor and len(caller.token.actor.chain()) >= TOO_MANY_ACTORS:
            raise DelegationTooDeep
        wanted = Wanted(
            caller,
            client=self.client_for(caller.token),
            audience=self.rules.audience,
            scope=scope,
            deadline=deadline,
            interruption=interruption or Interruption(),
            trace=trace or Trace.made(),
            span=span,
        )
        return self.source.token(wanted, rejected=rejected)

    def client_for(self, subject_token: AccessToken) -> ConfidentialClient:
        """Return the client that may exchange this token A: the one linked to the identifier that it names.

        If it names several, the one that is configured first.
        """
        return next(client for identifier, client in self.clients.items() if identifier in subject_token.audience)
