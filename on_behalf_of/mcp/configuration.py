from dataclasses import dataclass, field
from ipaddress import ip_network

from django.conf import settings
from django.utils.crypto import salted_hmac

from on_behalf_of.exchange.client_authentication import AuthenticationMethod, ConfidentialClient, load_private_key
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.mcp.observer import Observer
from on_behalf_of.primitives.client_address import Network
from on_behalf_of.primitives.declared_settings import DeclaredSettings
from on_behalf_of.primitives.sealed_box import KEY_LENGTH
from on_behalf_of.resource_server.access_token import DIALECTS
from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules
from on_behalf_of.setting import room_of


@dataclass(frozen=True)
class BridgeConfiguration:
    """The configuration of the MCP endpoint: which tokens it accepts, how it exchanges them, which API it calls.

    A project writes it as the dictionary `ON_BEHALF_OF["MCP"]` (see `bridge_configuration`) or builds this object.
    """

    token_rules: TokenRules  # for token A, which MCP clients present
    downstream_rules: TokenRules  # for token B, which the tenant issues for the API
    key_fetching: KeyFetching
    resource: ProtectedResource
    clients: tuple[ConfidentialClient, ...]  # one for each audience of token_rules, in the same order
    forwards_address: bool  # whether to tell the tenant the address of the user whose token is exchanged
    default_exchange_scope: tuple[str, ...]  # for tools that declare no downstream scope of their own
    api_base_url: str  # without trailing slash
    upstream_timeout: float  # seconds, for a whole tool call
    record_key: bytes = field(repr=False)  # keys the digests of tool arguments
    allowed_hosts: tuple[str, ...]  # values of Host that /mcp answers to
    allowed_origins: tuple[str, ...]  # values of Origin that browser clients may send; "*" is any
    trusted_proxies: tuple[Network, ...]  # their X-Forwarded-For is trusted
    caller_rules: CallerRules = field(default_factory=CallerRules)  # who may present token A; also for token B's actor
    exchange_target: ExchangeTarget = ExchangeTarget.AUDIENCE
    cache_keys: tuple[bytes, ...] = field(default=(), repr=False)  # for what processes share; the first one encrypts
    has_leftover_subject_token_type: bool = False  # MCP_AUTH0_SUBJECT_TOKEN_TYPE is set, which has no effect
    tools: str = ""  # dotted path of the ToolRegistry; empty: see `declared_tools`
    observer: Observer = field(default_factory=Observer)  # receives measurements of this process


@room_of("MCP", BridgeConfiguration)
def bridge_configuration(declared: DeclaredSettings) -> BridgeConfiguration:
    """Return the endpoint's configuration from `ON_BEHALF_OF["MCP"]`. The first six keys are required:

    ISSUER: the tenant's issuer, exactly as its tokens spell it. BASE_URL: where MCP clients reach the server;
    they call BASE_URL + /mcp. CLIENT_ID and CLIENT_SECRET: the client that exchanges tokens. API_AUDIENCE and
    API_BASE_URL: the API that tools call. RESOURCE: the server's identifier at the tenant, BASE_URL + /mcp by default.
    SCOPES: the tools' scopes, for the metadata. API_SCOPES: the scopes of token B for tools that declare none.
    NAME: the server's name for people. ALLOWED_HOSTS: values of Host, those of Django's setting by default.
    ALLOWED_ORIGINS: of browser clients. TRUSTED_PROXIES: networks whose X-Forwarded-For is trusted.
    CLIENT_AUTHENTICATION: "client_secret_post", "client_secret_basic" or "private_key_jwt"; with the last of them,
    CLIENT_PRIVATE_KEY_FILE replaces the secret, and CLIENT_KEY_ID is the tenant's name for that key, if it has one.
    EXCHANGE_TARGET: "audience" or "resource". CACHE_KEYS: a list of keys of 32 bytes that encrypt what processes share
    (see `mcp_app`); the first encrypts, all decrypt.
    DIALECTS, ACTOR_RULE, ALLOW_MACHINES, KEYS_MAX_AGE, KEYS_MAX_STALE, KEYS_COOLDOWN, CA_FILE: as in the API's entry.
    TOOLS: the dotted path of the ToolRegistry, if it is not the `TOOLS` in the module `mcp` beside the settings, such
    as "shop.mcp.TOOLS". `mcp_tools`, `doctor`, `explain_token`, the system check and the admin read it.
    FORWARD_ADDRESS: whether to tell the tenant the user's address. TIMEOUT: seconds for a whole tool call.
    """
    issuer, base_url = declared.url("ISSUER"), declared.base_url("BASE_URL")
    resource = declared.identifier("RESOURCE", base_url + ENDPOINT)
    api_audience = declared.identifier("API_AUDIENCE")
    dialects = DIALECTS[declared.choice("DIALECTS", *DIALECTS)]
    timeout = declared.number("TIMEOUT", 10, low=0.1, high=300)
    return BridgeConfiguration(
        token_rules=TokenRules(issuer=issuer, audience=resource, dialects=dialects),
        downstream_rules=TokenRules(issuer=issuer, audience=api_audience, dialects=dialects),
        key_fetching=KeyFetching.declared(declared, timeout=timeout),
        resource=ProtectedResource(
            resource=resource,
            base_url=base_url,
            authorization_server=issuer,
            scopes=declared.identifiers("SCOPES"),
            name=declared.text("NAME", "MCP server"),
            endpoint=ENDPOINT,
        ),
        clients=(_client(declared),),
        forwards_address=declared.flag("FORWARD_ADDRESS", default=False),
        default_exchange_scope=declared.identifiers("API_SCOPES"),
        api_base_url=declared.base_url("API_BASE_URL"),
        upstream_timeout=timeout,
        record_key=salted_hmac("on_behalf_of tool call arguments", "1", algorithm="sha256").digest(),
        allowed_hosts=declared.identifiers("ALLOWED_HOSTS") or tuple(settings.ALLOWED_HOSTS),
        allowed_origins=declared.identifiers("ALLOWED_ORIGINS"),
        trusted_proxies=_networks(declared, "TRUSTED_PROXIES"),
        caller_rules=CallerRules(
            actor_rule=ActorRule(declared.choice("ACTOR_RULE", "enforce", "record")),
            allow_machines=declared.flag("ALLOW_MACHINES", default=False),
        ),
        exchange_target=ExchangeTarget(declared.choice("EXCHANGE_TARGET", "audience", "resource")),
        cache_keys=_cache_keys(declared),
        tools=declared.identifier("TOOLS", ""),
    )


def _client(declared: DeclaredSettings) -> ConfidentialClient:
    client_id = declared.identifier("CLIENT_ID")
    method = AuthenticationMethod(declared.choice("CLIENT_AUTHENTICATION", *AuthenticationMethod))
    file, key_id = declared.file("CLIENT_PRIVATE_KEY_FILE"), declared.text("CLIENT_KEY_ID", "")
    if method is not AuthenticationMethod.PRIVATE_KEY_JWT:
        for key, value in (("CLIENT_PRIVATE_KEY_FILE", file), ("CLIENT_KEY_ID", key_id)):
            if value:
                raise declared.mistake(key, "has no effect unless the client authenticates by private_key_jwt")
        return ConfidentialClient(client_id, method, secret=declared.text("CLIENT_SECRET"))
    if declared.text("CLIENT_SECRET", ""):
        raise declared.mistake("CLIENT_SECRET", "must not be set if the client authenticates by private_key_jwt")
    if file is None:
        raise declared.mistake("CLIENT_PRIVATE_KEY_FILE", "is missing: private_key_jwt signs with that key")
    try:
        return ConfidentialClient(client_id, method, private_key=load_private_key(file), key_id=key_id)
    except ValueError as wrong:
        raise declared.mistake("CLIENT_PRIVATE_KEY_FILE", f"must name {wrong}") from None


def _cache_keys(declared: DeclaredSettings) -> tuple[bytes, ...]:
    keys = declared.value("CACHE_KEYS") or ()
    if not isinstance(keys, list | tuple) or any(not isinstance(key, bytes) or len(key) != KEY_LENGTH for key in keys):
        raise declared.mistake("CACHE_KEYS", f"must be a list of keys of {KEY_LENGTH} bytes, the current one first")
    return tuple(keys)


def _networks(declared: DeclaredSettings, key: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each) for each in declared.identifiers(key))
    except ValueError:
        raise declared.mistake(key, "must be a list of networks such as 10.0.0.0/8") from None
