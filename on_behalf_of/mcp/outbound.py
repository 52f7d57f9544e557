"""Put together what asks other services: the token sources, and the connection to the API."""

from functools import partial

from on_behalf_of.exchange.delegation import DelegationVerifier
from on_behalf_of.exchange.guarded_cache import Cache, GuardedCache
from on_behalf_of.exchange.memory_source import MemorySource
from on_behalf_of.exchange.shared_hold import SharedHold
from on_behalf_of.exchange.shared_source import SharedSource
from on_behalf_of.exchange.tenant_source import TenantSource
from on_behalf_of.exchange.token_exchange import TokenExchange
from on_behalf_of.exchange.token_source import TokenSource
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.http_client.retry import PASSING, Upstream
from on_behalf_of.http_client.throttle import Throttle
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.measured_sources import MeasuredCaches, MeasuredTenant
from on_behalf_of.primitives.sealed_box import SealedBox
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_verifier import TokenVerifier


def build_exchange(
    configuration: BridgeConfiguration, keys: IssuerKeys, http: UpstreamHttp, shared_cache: Cache | None = None
) -> TokenExchange:
    """Return the exchange. `shared_cache`, if there is one, holds tokens for all processes; it may fail."""
    observer, rules = configuration.observer, configuration.downstream_rules
    verifier = DelegationVerifier(TokenVerifier(rules, keys), configuration.caller_rules.actor_rule)
    cache = GuardedCache(shared_cache, on_change=observer.circuit_changed) if shared_cache else None
    cipher = SealedBox(configuration.cache_keys) if shared_cache else None
    hold = SharedHold(cache, cipher, rules.issuer) if cache and cipher else None
    # There is one way to exchange: a tenant that fails at it fails for all.
    tenant = Upstream(
        "The tenant",
        timeout=configuration.upstream_timeout,
        broken_by=range(500, 600),
        on_change=partial(observer.circuit_changed, "tenant"),
        throttle=Throttle("The tenant", shared=hold),
    )
    source: TokenSource = TenantSource(
        keys,
        http,
        tenant,
        verifier,
        target=configuration.exchange_target,
        forwards_address=configuration.forwards_address,
    )
    source = MeasuredTenant(source, observer)
    if cache and cipher:
        source = SharedSource(source, cache, cipher, verify=verifier.verify)
    source = MeasuredCaches(MemorySource(source), observer)
    clients = dict(zip(configuration.token_rules.audiences, configuration.clients, strict=True))
    return TokenExchange(clients, rules, source)


def build_api(configuration: BridgeConfiguration) -> Upstream:
    # A 500 or a slow answer is about one view of many, and must not keep callers from the others.
    return Upstream(
        "The API",
        timeout=configuration.upstream_timeout,
        broken_by=PASSING,
        is_broken_by_silence=False,
        on_change=partial(configuration.observer.circuit_changed, "api"),
    )
