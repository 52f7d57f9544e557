from functools import lru_cache

from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.resource_server.issuer_keys import IssuerKeys


@lru_cache(maxsize=1)
def issuer_keys(configuration: BridgeConfiguration) -> IssuerKeys:
    """Return this process's one set of the tenant's keys, for tokens A and B, and for the readiness check."""
    return IssuerKeys(
        configuration.token_rules.issuer,
        configuration.key_fetching,
        on_fetch=configuration.observer.keys_fetched,
    )
