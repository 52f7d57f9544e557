from dataclasses import dataclass, field

from on_behalf_of.exchange.client_authentication import BridgeClient
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.mcp.observer import Observer
from on_behalf_of.primitives.client_address import Network
from on_behalf_of.resource_server.caller_rules import CallerRules
from on_behalf_of.resource_server.key_fetching import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules

ENDPOINT = "/mcp"
ENDPOINT_PATHS = (ENDPOINT, f"{ENDPOINT}/")  # both are served: people add the slash, and so do some clients


@dataclass(frozen=True)
class BridgeConfiguration:
    """What the MCP bridge needs to know about the world, built once by `config.environment`."""

    token_rules: TokenRules  # for token A, which MCP clients present
    downstream_rules: TokenRules  # for token B, which the tenant hands out for the API
    key_fetching: KeyFetching
    resource: ProtectedResource
    clients: tuple[BridgeClient, ...]  # one for each audience of token_rules, in the same order
    forwards_address: bool  # whether the tenant is told the address of the user whose token is exchanged
    default_exchange_scope: tuple[str, ...]  # for tools that declare no downstream scope of their own
    api_base_url: str  # without trailing slash
    upstream_timeout: float  # seconds, for a whole tool call
    record_key: bytes = field(repr=False)  # keys the digests of tool arguments
    allowed_hosts: tuple[str, ...]  # values of Host that /mcp answers to
    allowed_origins: tuple[str, ...]  # values of Origin that browser clients may send; "*" is any
    trusted_proxies: tuple[Network, ...]  # whose X-Forwarded-For is believed
    caller_rules: CallerRules = field(default_factory=CallerRules)  # who may present token A; token B's actor too
    exchange_target: ExchangeTarget = ExchangeTarget.AUDIENCE
    cache_keys: tuple[bytes, ...] = field(default=(), repr=False)  # encrypt what processes share; the first is current
    has_leftover_subject_token_type: bool = False  # MCP_AUTH0_SUBJECT_TOKEN_TYPE is set, which means nothing here
    observer: Observer = field(default_factory=Observer)  # whoever measures this process
