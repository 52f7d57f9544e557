from functools import lru_cache

from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.resource_server.issuer_keys import IssuerKeys


@lru_cache(maxsize=1)
def issuer_keys(configuration: BridgeConfiguration) -> IssuerKeys:
    """The tenant's keys as this process holds them: for tokens A and B alike, and for its readiness."""
    return IssuerKeys(
        configuration.token_rules.issuer,
        configuration.key_fetching,
        on_fetch=configuration.observer.keys_fetched,
    )
