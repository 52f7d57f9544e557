"""The exchange as its callers see it: the user's token in, a token for one API out (RFC 8693)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.delegation import DelegationVerifier
from on_behalf_of.exchange.errors import DelegationTooDeep, NotAUser
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.exchange.guarded_cache import Cache, GuardedCache
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.measured_sources import MeasuredCaches, MeasuredTenant
from on_behalf_of.exchange.memory_source import MemorySource
from on_behalf_of.exchange.observer import ExchangeObserver
from on_behalf_of.exchange.shared_hold import SharedHold
from on_behalf_of.exchange.shared_source import SharedSource
from on_behalf_of.exchange.tenant_source import TenantSource
from on_behalf_of.exchange.token_source import Obtained, TokenSource, Wanted
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.retry import Upstream
from on_behalf_of.http_client.throttle import Throttle
from on_behalf_of.primitives.sealed_box import SealedBox
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from on_behalf_of.resource_server.who_may_present import ActorRule

TOO_MANY_ACTORS = 4  # Auth0 exchanges no subject token that already has as many


@dataclass(frozen=True)
class TokenExchange:
    """Gets tokens for one API on users' behalf. `token_exchange_for` makes one. Safe to share between threads."""

    clients: Mapping[str, ConfidentialClient]  # by this service's identifier to which the tenant linked the client
    rules: TokenRules  # of the API's tokens
    source: TokenSource
    timeout: float = 10  # seconds, for calls without a deadline

    def token_for(
        self,
        caller: Caller,
        *,
        scope: Sequence[str],
        deadline: Deadline | None = None,
        interruption: Interruption | None = None,
        trace: Trace | None = None,
        span: Span = NO_SPAN,
        rejected: ExchangedToken | None = None,
    ) -> Obtained:
        """Return a token for the API on the caller's behalf, with exactly `scope` asked for.

        `rejected` is a token that the API did not accept; another one is obtained then. `trace` and `span` connect
        the request to the tenant with the call that needs it. Raises an ExchangeError, or CallerGone once
        `interruption` happens; ValueError if the caller's token is from another issuer or for another service.
        """
        if caller.token.issuer != self.rules.issuer:  # the tenant must not get tokens of others
            raise ValueError("the caller's token is not from the issuer that exchanges tokens")
        if caller.token.is_machine:
            raise NotAUser
        if caller.token.actor and len(caller.token.actor.chain()) >= TOO_MANY_ACTORS:
            raise DelegationTooDeep
        wanted = Wanted(
            caller,
            client=self.client_for(caller.token),
            audience=self.rules.audience,
            scope=tuple(scope),
            deadline=deadline or Deadline.after(self.timeout),
            interruption=interruption or Interruption(),
            trace=trace or Trace.made(),
            span=span,
        )
        return self.source.token(wanted, rejected=rejected)

    def client_for(self, subject_token: AccessToken) -> ConfidentialClient:
        """Return the client that may exchange this token: the one linked to the identifier that it names.

        If it names several, the one that is configured first. Raises ValueError if there is none.
        """
        for identifier, client in self.clients.items():
            if identifier in subject_token.audience:
                return client
        raise ValueError("the caller's token is for a service that no client is linked to")


def token_exchange_for(
    rules: TokenRules,
    *,
    clients: Mapping[str, ConfidentialClient],
    timeout: float = 10,
    ca_file: Path | None = None,
    target: ExchangeTarget = ExchangeTarget.AUDIENCE,
    actor_rule: ActorRule = ActorRule.ENFORCE,
    forwards_address: bool = False,
    shared_cache: Cache | None = None,
    cache_keys: Sequence[bytes] = (),
    keys: IssuerKeys | None = None,
    http: UpstreamHttp | None = None,
    observer: ExchangeObserver | None = None,
) -> TokenExchange:
    """Return an exchange for the tokens that one API accepts by `rules`. Make it once, and share it between threads.

    `clients` are this service's clients at the tenant, by the audience of the tokens that they exchange; most services
    have one. `timeout` is in seconds, for a whole exchange. `ca_file` has certificates to trust in place of the
    public ones. `target` names the API to the tenant. `actor_rule` is for the tokens that come back.
    `forwards_address` tells the tenant the user's address.

    `shared_cache` shares tokens between processes; it may fail. `cache_keys` (32 bytes each) encrypt its entries: the
    first encrypts, all decrypt. Exchanges for several APIs can share `keys` and `http`. Does no I/O. Raises ValueError
    for a shared cache without keys.
    """
    observer = observer or ExchangeObserver()
    fetching = KeyFetching(timeout=timeout, ca_file=ca_file)
    keys = keys or IssuerKeys(rules.issuer, fetching, on_fetch=observer.keys_fetched)
    verifier = DelegationVerifier(TokenVerifier(rules, keys), actor_rule)
    cache = GuardedCache(shared_cache, on_change=observer.circuit_changed) if shared_cache is not None else None
    cipher = SealedBox(cache_keys) if cache else None
    hold = SharedHold(cache, cipher, rules.issuer) if cache and cipher else None
    # All exchanges use one endpoint of the tenant: if it fails, it fails for all callers.
    tenant = Upstream(
        "The tenant",
        timeout=timeout,
        broken_by=range(500, 600),
        on_change=partial(observer.circuit_changed, "tenant"),
        throttle=Throttle("The tenant", shared=hold),
    )
    source: TokenSource = TenantSource(
        keys,
        http or UpstreamHttp(timeout=timeout, ca_file=ca_file),
        tenant,
        verifier,
        target=target,
        forwards_address=forwards_address,
    )
    source = MeasuredTenant(source, observer)
    if cache and cipher:
        source = SharedSource(source, cache, cipher, verify=verifier.verify)
    return TokenExchange(clients, rules, MeasuredCaches(MemorySource(source), observer), timeout)
