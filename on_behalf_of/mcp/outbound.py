"""Connect the MCP server with the parties that it asks: the tenant, for tokens, and the API."""

from functools import partial

from on_behalf_of.exchange.guarded_cache import Cache
from on_behalf_of.exchange.token_exchange import TokenExchange, token_exchange_for
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.http_client.retry import PASSING, Upstream
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.resource_server.issuer_keys import IssuerKeys


def build_exchange(
    configuration: BridgeConfiguration, keys: IssuerKeys, http: UpstreamHttp, shared_cache: Cache | None = None
) -> TokenExchange:
    """Return the exchange. `shared_cache`, if there is one, shares tokens between processes; it may fail."""
    return token_exchange_for(
        configuration.downstream_rules,
        clients=dict(zip(configuration.token_rules.audiences, configuration.clients, strict=True)),
        timeout=configuration.upstream_timeout,
        target=configuration.exchange_target,
        actor_rule=configuration.caller_rules.actor_rule,
        forwards_address=configuration.forwards_address,
        shared_cache=shared_cache,
        cache_keys=configuration.cache_keys,
        keys=keys,
        http=http,
        observer=configuration.observer,
    )


def build_api(configuration: BridgeConfiguration) -> Upstream:
    """Return the API as an upstream whose failures are counted."""
    # A 500 or a slow answer is about one view of many, and must not keep callers from the others.
    return Upstream(
        "The API",
        timeout=configuration.upstream_timeout,
        broken_by=PASSING,
        is_broken_by_silence=False,
        on_change=partial(configuration.observer.circuit_changed, "api"),
    )
