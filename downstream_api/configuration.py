from dataclasses import dataclass

from resource_server.key_fetching import KeyFetching
from resource_server.protected_resource import ProtectedResource
from resource_server.token_rules import TokenRules


@dataclass(frozen=True)
class ApiConfiguration:
    """What the API needs to know about the world, built once by `config.environment`."""

    token_rules: TokenRules
    key_fetching: KeyFetching
    resource: ProtectedResource
