"""The environment, read once into typed frozen objects. Every variable that this project knows is named here."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from config.bridge_client import read_bridge_clients
from config.env_file import read_env_file
from config.generated_secrets import kept_secret
from config.observability import Observability, read_observability
from config.shared_cache import SharedCache, read_shared_cache
from config.variables import LOOPBACK_HOSTS, Variables, refuse
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.exchange.client_authentication import BridgeClient
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.mcp.configuration import ENDPOINT
from on_behalf_of.primitives.scope_syntax import is_scope
from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.caller_rules import ActorRule, CallerRules
from on_behalf_of.resource_server.token_rules import DIALECTS

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_ISSUER = "http://localhost:9000/"
LOCAL_API_LOGIN_CLIENT = "local-api-login"
MIN_SECRET_KEY = 32  # characters


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked; the names in comments are the variables'."""

    issuer: str  # OAUTH_ISSUER, or https://{AUTH0_DOMAIN}/
    is_local: bool  # LOCAL_TENANT: the tenant is local_tenant, on this machine
    debug: bool  # DEBUG
    state_dir: Path  # STATE_DIR
    secret_key: str = field(repr=False)  # SECRET_KEY
    secret_key_is_generated: bool
    database_url: str = field(repr=False)  # DATABASE_URL; may hold a password
    shared_cache: SharedCache | None  # CACHE_URL, and what stands beside it in config/shared_cache.py
    allowed_hosts: tuple[str, ...]  # ALLOWED_HOSTS
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]  # TRUSTED_PROXIES
    https_redirect: bool  # SECURE_SSL_REDIRECT
    hsts_seconds: int  # SECURE_HSTS_SECONDS
    dialects: frozenset[TokenDialect]  # TOKEN_DIALECTS
    jwks_max_age: float  # JWKS_MAX_AGE, seconds
    jwks_max_stale: float  # JWKS_MAX_STALE, seconds
    jwks_refetch_cooldown: float  # JWKS_REFETCH_COOLDOWN, seconds
    upstream_timeout: float  # UPSTREAM_TIMEOUT, seconds
    upstream_ca_file: Path | None  # UPSTREAM_CA_FILE
    bridge_audiences: tuple[str, ...]  # AUTH0_AUDIENCE; the first is published, the others are still accepted
    bridge_port: int  # PORT
    bridge_url: str  # MCP_SERVER_URL
    bridge_clients: tuple[BridgeClient, ...]  # MCP_AUTH0_CLIENT_ID and what stands beside it; one for each audience
    forwards_address: bool  # MCP_AUTH0_FORWARDED_FOR
    has_leftover_subject_token_type: bool  # MCP_AUTH0_SUBJECT_TOKEN_TYPE
    exchange_scope: tuple[str, ...]  # MCP_AUTH0_EXCHANGE_SCOPE
    exchange_target: ExchangeTarget  # MCP_AUTH0_EXCHANGE_TARGET
    cors_origins: tuple[str, ...]  # CORS_ORIGINS
    api_audience: str  # API_AUTH0_AUDIENCE
    api_url: str  # API_BASE_URL
    api_login_client_id: str  # API_LOGIN_CLIENT_ID; empty where nobody logs in to the API's pages
    api_is_described: bool  # API_DOCS
    actor_policy: ActorPolicy  # TOKEN_ACTOR_RULE, API_TRUSTED_ACTORS and the others in docs/actor-policy.md
    bridge_callers: CallerRules  # TOKEN_ACTOR_RULE, MCP_ALLOW_MACHINES
    client_documents: bool  # LOCAL_TENANT_CIMD
    cimd_ca_file: Path | None  # LOCAL_TENANT_CIMD_CA
    seal_key_file: Path | None  # AUDIT_SEAL_KEY_FILE
    seal_public_keys_file: Path | None  # AUDIT_PUBLIC_KEYS_FILE
    audit_retention_days: int  # AUDIT_RETENTION_DAYS
    observability: Observability  # METRICS, and what stands beside it in config/observability.py

    @property
    def bridge_audience(self) -> str:
        """The identifier that the bridge publishes, and that MCP clients log in for."""
        return self.bridge_audiences[0]

    @property
    def bridge_endpoint(self) -> str:
        """The URL that MCP clients call; `bridge_audience` should equal it (RFC 9728 §3.3)."""
        return self.bridge_url + ENDPOINT


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read and check the environment, or `variables` in its place.

    Without `variables`, a `.env` file beside manage.py (or the one that ENV_FILE names) adds what the
    environment itself does not set. Raises ImproperlyConfigured with one sentence that names the variable.
    """
    if variables is None:
        read_env_file(BASE_DIR / ".env")
        variables = os.environ
    read = Variables(variables)

    domain, issuer = read.text("AUTH0_DOMAIN"), read.text("OAUTH_ISSUER")
    is_auth0 = bool(domain) and not issuer
    if is_auth0:
        if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?", domain):
            refuse("AUTH0_DOMAIN", "must be the tenant's host name only, such as example.eu.auth0.com")
        issuer = f"https://{domain}/"
        read.url("AUTH0_DOMAIN", issuer)
    configured = bool(issuer)
    issuer = issuer or LOCAL_ISSUER
    issuer_url = read.url("OAUTH_ISSUER", issuer)
    on_loopback = issuer_url.hostname in LOOPBACK_HOSTS
    if issuer_url.scheme == "http" and not on_loopback:
        refuse("OAUTH_ISSUER", "must be https; http is for a tenant on this machine only")
    debug = read.flag("DEBUG", default=not configured)
    if not configured and not debug:
        refuse("OAUTH_ISSUER", "is missing, and AUTH0_DOMAIN too: the local tenant is there with DEBUG on only")
    is_local = _is_local(read, issuer_url, configured=configured, debug=debug)

    state_dir = Path(read.text("STATE_DIR") or BASE_DIR / "var").absolute()
    secret_key = read.text("SECRET_KEY")
    if secret_key and len(secret_key) < MIN_SECRET_KEY:
        refuse("SECRET_KEY", f"must be at least {MIN_SECRET_KEY} random characters")
    port = read.whole("PORT", 3001, low=1, high=65535)
    bridge_url = read.base_url("MCP_SERVER_URL", f"http://localhost:{port}")
    if urlsplit(bridge_url).path:
        refuse("MCP_SERVER_URL", "must have no path: the endpoint is /mcp below it")
    api_url = read.base_url("API_BASE_URL", "http://localhost:8787")
    bridge_audiences = read.identifiers("AUTH0_AUDIENCE", bridge_url + ENDPOINT, required=not is_local)
    api_audience = read.identifier("API_AUTH0_AUDIENCE", f"{api_url}/", required=not is_local)
    if api_audience in bridge_audiences:  # one token would then open both, and nothing would be exchanged
        refuse(
            "API_AUTH0_AUDIENCE", "must differ from AUTH0_AUDIENCE: the bridge and the API are two APIs of the tenant"
        )
    bridge_clients = read_bridge_clients(
        read, identifiers=len(bridge_audiences), is_local=is_local, state_dir=state_dir
    )
    api_login_client_id = read.client_id("API_LOGIN_CLIENT_ID") or (LOCAL_API_LOGIN_CLIENT if is_local else "")
    if api_login_client_id and api_login_client_id in {
        client.client_id for client in bridge_clients
    }:  # the bridge's client has a secret
        refuse("API_LOGIN_CLIENT_ID", "must differ from MCP_AUTH0_CLIENT_ID: browsers log in with a public client")
    dialects = read.text("TOKEN_DIALECTS") or "both"
    if dialects not in DIALECTS:
        refuse("TOKEN_DIALECTS", "must be both, rfc9068 or auth0")
    scope = tuple(read.text("MCP_AUTH0_EXCHANGE_SCOPE").split())
    if not all(map(is_scope, scope)):
        refuse("MCP_AUTH0_EXCHANGE_SCOPE", "must be scope names separated by spaces")

    return Environment(
        issuer=issuer,
        is_local=is_local,
        debug=debug,
        state_dir=state_dir,
        secret_key=secret_key or kept_secret(state_dir / "secret_key"),
        secret_key_is_generated=not secret_key,
        database_url=read.text("DATABASE_URL") or f"sqlite:///{state_dir / 'db.sqlite3'}",
        shared_cache=read_shared_cache(read),
        allowed_hosts=read.items("ALLOWED_HOSTS")
        or tuple(dict.fromkeys((*LOOPBACK_HOSTS, _host(bridge_url), _host(api_url)))),
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        https_redirect=read.flag("SECURE_SSL_REDIRECT", default=False),
        hsts_seconds=read.whole("SECURE_HSTS_SECONDS", 0, low=0, high=63_072_000),
        dialects=DIALECTS[dialects],
        jwks_max_age=read.number("JWKS_MAX_AGE", 600, low=1, high=86_400),
        jwks_max_stale=read.number("JWKS_MAX_STALE", 14_400, low=0, high=604_800),
        jwks_refetch_cooldown=read.number("JWKS_REFETCH_COOLDOWN", 10, low=1, high=3_600),
        upstream_timeout=read.number("UPSTREAM_TIMEOUT", 10, low=0.1, high=300),
        upstream_ca_file=read.file("UPSTREAM_CA_FILE"),
        bridge_audiences=bridge_audiences,
        bridge_port=port,
        bridge_url=bridge_url,
        bridge_clients=bridge_clients,
        # An address is personal data, so servers that would not use it do not get it.
        forwards_address=read.flag("MCP_AUTH0_FORWARDED_FOR", default=is_auth0),
        has_leftover_subject_token_type=bool(read.text("MCP_AUTH0_SUBJECT_TOKEN_TYPE")),
        exchange_scope=scope,
        exchange_target=_exchange_target(read, api_audience),
        cors_origins=read.origins("CORS_ORIGINS"),
        api_audience=api_audience,
        api_url=api_url,
        api_login_client_id=api_login_client_id,
        api_is_described=read.flag("API_DOCS", default=True),
        actor_policy=_actor_policy(read),
        bridge_callers=CallerRules(
            actor_rule=_actor_rule(read), allow_machines=read.flag("MCP_ALLOW_MACHINES", default=False)
        ),
        # Off by default: documents are on the internet, and the local tenant works offline. A CA for documents on
        # loopback turns them on.
        client_documents=read.flag("LOCAL_TENANT_CIMD", default=bool(read.text("LOCAL_TENANT_CIMD_CA"))),
        cimd_ca_file=read.file("LOCAL_TENANT_CIMD_CA"),
        seal_key_file=read.file("AUDIT_SEAL_KEY_FILE"),
        seal_public_keys_file=read.file("AUDIT_PUBLIC_KEYS_FILE"),
        audit_retention_days=read.whole("AUDIT_RETENTION_DAYS", 400, low=1, high=36_500),
        observability=read_observability(read),
    )


def _is_local(read: Variables, issuer: SplitResult, *, configured: bool, debug: bool) -> bool:
    """Return whether the tenant is local_tenant. LOCAL_TENANT decides; if it is unset, the issuer does.

    local_tenant's issuer is a bare http origin on loopback, on any port. An issuer with a path, such as a realm of
    Keycloak, is another server on this machine. Another server with a bare origin needs LOCAL_TENANT=false.
    """
    could_be = issuer.scheme == "http" and issuer.hostname in LOOPBACK_HOSTS and issuer.path in {"", "/"}
    is_local = read.flag("LOCAL_TENANT", default=not configured or (debug and could_be))
    if is_local and not could_be:
        refuse("OAUTH_ISSUER", "must be an http origin on loopback, such as http://localhost:9001/, for the local "
               "tenant; set LOCAL_TENANT=false if another tenant has this issuer")  # fmt: skip
    if is_local and not debug:
        refuse("DEBUG", "must be true for the local tenant, which is for development only")
    if not is_local and not configured:
        refuse("OAUTH_ISSUER", "is missing, and AUTH0_DOMAIN too: LOCAL_TENANT=false needs a tenant of your own")
    return is_local


def _exchange_target(read: Variables, api_audience: str) -> ExchangeTarget:
    name = read.text("MCP_AUTH0_EXCHANGE_TARGET") or ExchangeTarget.AUDIENCE
    if name not in set(ExchangeTarget):
        refuse("MCP_AUTH0_EXCHANGE_TARGET", "must be audience or resource")
    is_uri = re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^#]+", api_audience)
    if name == ExchangeTarget.RESOURCE and not is_uri:  # RFC 8707 §2
        refuse("API_AUTH0_AUDIENCE", "must be an absolute URI where MCP_AUTH0_EXCHANGE_TARGET is resource")
    return ExchangeTarget(name)


def _actor_rule(read: Variables) -> ActorRule:
    name = read.text("TOKEN_ACTOR_RULE") or ActorRule.ENFORCE
    if name not in set(ActorRule):
        refuse("TOKEN_ACTOR_RULE", "must be enforce or record")
    return ActorRule(name)


def _actor_policy(read: Variables) -> ActorPolicy:
    return ActorPolicy(
        actor_rule=_actor_rule(read),
        trusted_actors=frozenset(read.names("API_TRUSTED_ACTORS", "client ids and agent ids")),
        require_delegation=read.flag("API_REQUIRE_DELEGATION", default=False),
        allow_machines=read.flag("API_ALLOW_MACHINES", default=False),
        allowed_organizations=frozenset(read.names("API_ALLOWED_ORGANIZATIONS", "organization ids")),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
