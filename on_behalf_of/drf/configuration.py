from collections.abc import Mapping
from dataclasses import dataclass, field

from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.observer import Observer
from on_behalf_of.drf.openapi.operation import Operation
from on_behalf_of.resource_server.key_fetching import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules


@dataclass(frozen=True)
class ApiConfiguration:
    """What the API needs to know about the world, built once by `config.environment`."""

    token_rules: TokenRules
    key_fetching: KeyFetching
    resource: ProtectedResource
    policy: ActorPolicy = field(default_factory=ActorPolicy)
    bridge_client_ids: frozenset[str] = frozenset()  # the usual callers; only the system checks use this
    unscoped_views: frozenset[str] = frozenset()  # dotted names of views that any accepted token may call
    login: BrowserLogin | None = None  # to the API's own pages; None where nobody can log in to them
    is_described: bool = True  # whether anybody may read the API's description
    operations: Mapping[str, Operation] = field(default_factory=dict, hash=False)  # their words, by operation id
    observer: Observer = field(default_factory=Observer)  # whoever measures this process
