"""The environment, read once into a frozen object, and the variables that only this repository's services use."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from config.env_file import ENV_FILE, read_env_file
from config.generated_secrets import kept_secret
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.environment import Variable, Variables, api, audit, hosting, kinds, mcp_server, tenant
from on_behalf_of.environment.hosting import Observability, read_observability
from on_behalf_of.environment.kinds import LOOPBACK_HOSTS, WrongText
from on_behalf_of.environment.mcp_server import PRIVATE_KEY_JWT, read_clients
from on_behalf_of.environment.shared_cache import SharedCache, read_shared_cache
from on_behalf_of.environment.tenant import OAUTH_ISSUER, configured_issuer, is_auth0
from on_behalf_of.environment.variable import ALL, BRIDGE, TENANT
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.primitives.client_address import Network
from on_behalf_of.resource_server.access_token import DIALECTS, TokenDialect
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules

BASE_DIR = Path(__file__).resolve().parent.parent
T = TypeVar("T")
LOCAL_ISSUER = "http://localhost:9000/"
LOCAL_API_LOGIN_CLIENT = "local-api-login"
LOCAL_BRIDGE_CLIENT = "local-mcp-bridge"
MIN_SECRET_KEY = 32  # characters


def secret_key(value: str) -> str:
    """Return the key; it may be empty. Raises WrongText if it is too short."""
    if value and len(value) < MIN_SECRET_KEY:
        raise WrongText(f"must be at least {MIN_SECRET_KEY} random characters")
    return value


LOCAL_TENANT = Variable(
    "LOCAL_TENANT",
    kinds.flag,
    "whether the tenant is the local one. Set `false` for another tenant whose issuer is a bare `http` origin on "
    "loopback ([other tenants](other-tenants.md#on-your-own-machine))",
    ALL,
    otherwise="`true` without a configured issuer, or with `DEBUG` on and a bare `http` origin on loopback as issuer, "
    "such as `http://localhost:9001/`",
)
LOCAL_TENANT_CIMD = Variable(
    "LOCAL_TENANT_CIMD",
    kinds.flag,
    "whether the local tenant accepts client ID metadata documents, which it fetches from the internet. With `false`, "
    "clients register themselves and everything works offline",
    (TENANT,),
    otherwise="`true` if `LOCAL_TENANT_CIMD_CA` is set, else `false`",
)
LOCAL_TENANT_CIMD_CA = Variable(
    "LOCAL_TENANT_CIMD_CA",
    kinds.file,
    "a CA file. Set it to let the local tenant fetch client metadata documents from loopback; it verifies their TLS "
    "against this CA",
    (TENANT,),
)
PORT = Variable("PORT", kinds.whole(1, 65535), "the bridge's port", (BRIDGE,), default="3001", example="3001")
DEBUG = Variable(
    "DEBUG",
    kinds.flag,
    "development mode. While it is on, all services listen on loopback only",
    ALL,
    otherwise="`true` without a configured issuer, else `false`",
    example="",
)
SECRET_KEY = Variable(
    "SECRET_KEY",
    secret_key,
    f"at least {MIN_SECRET_KEY} random characters; required for listening beyond loopback",
    ALL,
    otherwise="made once under `STATE_DIR`",
)
DATABASE_URL = Variable(
    "DATABASE_URL",
    kinds.text,
    "such as `postgres://user:password@host/name`",
    ALL,
    otherwise="SQLite under `STATE_DIR`",
)
ALLOWED_HOSTS = Variable(
    "ALLOWED_HOSTS",
    kinds.items,
    "the host names that the services answer to (`Host` header), separated by commas",
    ALL,
    otherwise="loopback, and the hosts of `API_BASE_URL` and `MCP_SERVER_URL`",
)
SECURE_SSL_REDIRECT = Variable(
    "SECURE_SSL_REDIRECT", kinds.flag, "whether pages redirect to https", ALL, default="false"
)
SECURE_HSTS_SECONDS = Variable(
    "SECURE_HSTS_SECONDS",
    kinds.whole(0, 63_072_000),
    "seconds that `Strict-Transport-Security` names; it names neither subdomains nor preload lists",
    ALL,
    default="0",
)
DEVELOPMENT = (DEBUG, LOCAL_TENANT, LOCAL_TENANT_CIMD, LOCAL_TENANT_CIMD_CA, ENV_FILE)
OWN_HOSTING = (PORT, SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS, SECURE_SSL_REDIRECT, SECURE_HSTS_SECONDS)


@dataclass(frozen=True)
class Environment:
    """The checked environment. The comments name the variables that the fields come from."""

    issuer: str  # OAUTH_ISSUER, or https://{AUTH0_DOMAIN}/
    is_local: bool  # LOCAL_TENANT: the tenant is local_tenant, on this machine
    debug: bool  # DEBUG
    state_dir: Path  # STATE_DIR
    secret_key: str = field(repr=False)  # SECRET_KEY
    secret_key_is_generated: bool
    database_url: str = field(repr=False)  # DATABASE_URL; may hold a password
    shared_cache: SharedCache | None  # CACHE_URL and the others in on_behalf_of/environment/shared_cache.py
    allowed_hosts: tuple[str, ...]  # ALLOWED_HOSTS
    trusted_proxies: tuple[Network, ...]  # TRUSTED_PROXIES
    https_redirect: bool  # SECURE_SSL_REDIRECT
    hsts_seconds: int  # SECURE_HSTS_SECONDS
    dialects: frozenset[TokenDialect]  # TOKEN_DIALECTS
    jwks_max_age: float  # JWKS_MAX_AGE, seconds
    jwks_max_stale: float  # JWKS_MAX_STALE, seconds
    jwks_refetch_cooldown: float  # JWKS_REFETCH_COOLDOWN, seconds
    upstream_timeout: float  # UPSTREAM_TIMEOUT, seconds
    upstream_ca_file: Path | None  # UPSTREAM_CA_FILE
    bridge_audiences: tuple[str, ...]  # AUTH0_AUDIENCE; the first is published, all are accepted
    bridge_port: int  # PORT
    bridge_url: str  # MCP_SERVER_URL
    bridge_clients: tuple[ConfidentialClient, ...]  # MCP_AUTH0_CLIENT_ID and related variables; one for each audience
    forwards_address: bool  # MCP_AUTH0_FORWARDED_FOR
    has_leftover_subject_token_type: bool  # MCP_AUTH0_SUBJECT_TOKEN_TYPE
    exchange_scope: tuple[str, ...]  # MCP_AUTH0_EXCHANGE_SCOPE
    exchange_target: ExchangeTarget  # MCP_AUTH0_EXCHANGE_TARGET
    cors_origins: tuple[str, ...]  # CORS_ORIGINS
    api_audience: str  # API_AUTH0_AUDIENCE
    api_url: str  # API_BASE_URL
    api_login_client_id: str  # API_LOGIN_CLIENT_ID; empty if the API's pages have no login
    api_is_described: bool  # API_DOCS
    actor_policy: ActorPolicy  # TOKEN_ACTOR_RULE, API_TRUSTED_ACTORS and the others in docs/actor-policy.md
    bridge_callers: CallerRules  # TOKEN_ACTOR_RULE, MCP_ALLOW_MACHINES
    client_documents: bool  # LOCAL_TENANT_CIMD
    cimd_ca_file: Path | None  # LOCAL_TENANT_CIMD_CA
    seal_key_file: Path | None  # AUDIT_SEAL_KEY_FILE
    seal_public_keys_file: Path | None  # AUDIT_PUBLIC_KEYS_FILE
    audit_retention_days: int  # AUDIT_RETENTION_DAYS
    observability: Observability  # METRICS and the others in on_behalf_of/environment/hosting.py

    @property
    def bridge_audience(self) -> str:
        """The identifier that the bridge publishes, and for which MCP clients get tokens."""
        return self.bridge_audiences[0]

    @property
    def bridge_endpoint(self) -> str:
        """The URL that MCP clients call; `bridge_audience` should equal it (RFC 9728 §3.3)."""
        return self.bridge_url + ENDPOINT


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read and check the environment, or `variables` if given.

    Without `variables`, a `.env` file beside manage.py (or the one that ENV_FILE names) adds the variables that the
    environment does not set. Raises ImproperlyConfigured with one sentence that names the variable.
    """
    if variables is None:
        read_env_file(BASE_DIR / ".env")
        variables = os.environ
    read = Variables(variables)
    issuer = configured_issuer(read)
    configured = bool(issuer)
    issuer = issuer or LOCAL_ISSUER
    debug = _or(read.given(DEBUG), not configured)
    if not configured and not debug:
        raise OAUTH_ISSUER.mistake(
            "is missing, and so is AUTH0_DOMAIN: without them, the services use the local tenant, which needs DEBUG on"
        )
    is_local = _is_local(read, issuer, configured=configured, debug=debug)

    state_dir = (read(audit.STATE_DIR) or BASE_DIR / "var").absolute()
    own_secret_key = read(SECRET_KEY)
    port = read(PORT)
    bridge_url = read(mcp_server.MCP_SERVER_URL) or f"http://localhost:{port}"
    if urlsplit(bridge_url).path:
        raise mcp_server.MCP_SERVER_URL.mistake("must have no path: the endpoint is /mcp below it")
    api_url = read(api.API_BASE_URL) or "http://localhost:8787"
    bridge_audiences = read(mcp_server.AUTH0_AUDIENCE) or _by_default(
        mcp_server.AUTH0_AUDIENCE, (bridge_url + ENDPOINT,), is_local=is_local
    )
    api_audience = read(api.API_AUTH0_AUDIENCE) or _by_default(api.API_AUTH0_AUDIENCE, f"{api_url}/", is_local=is_local)
    if api_audience in bridge_audiences:  # one token would be valid for both, and nothing would be exchanged
        raise api.API_AUTH0_AUDIENCE.mistake(
            "must differ from AUTH0_AUDIENCE: the bridge and the API are two APIs of the tenant"
        )
    bridge_clients = (
        _local_clients(read, len(bridge_audiences), state_dir)
        if is_local
        else read_clients(read, identifiers=len(bridge_audiences))
    )
    login_client_id = read(api.API_LOGIN_CLIENT_ID) or (LOCAL_API_LOGIN_CLIENT if is_local else "")
    if login_client_id and login_client_id in {client.client_id for client in bridge_clients}:
        raise api.API_LOGIN_CLIENT_ID.mistake(  # the bridge's client has a secret
            "must differ from MCP_AUTH0_CLIENT_ID: browsers log in with a public client"
        )
    cimd_ca_file = read(LOCAL_TENANT_CIMD_CA)

    return Environment(
        issuer=issuer,
        is_local=is_local,
        debug=debug,
        state_dir=state_dir,
        secret_key=own_secret_key or kept_secret(state_dir / "secret_key"),
        secret_key_is_generated=not own_secret_key,
        database_url=read(DATABASE_URL) or f"sqlite:///{state_dir / 'db.sqlite3'}",
        shared_cache=read_shared_cache(read),
        allowed_hosts=read(ALLOWED_HOSTS) or tuple(dict.fromkeys((*LOOPBACK_HOSTS, _host(bridge_url), _host(api_url)))),
        trusted_proxies=read(hosting.TRUSTED_PROXIES),
        https_redirect=read(SECURE_SSL_REDIRECT),
        hsts_seconds=read(SECURE_HSTS_SECONDS),
        dialects=DIALECTS[read(tenant.TOKEN_DIALECTS)],
        jwks_max_age=read(tenant.JWKS_MAX_AGE),
        jwks_max_stale=read(tenant.JWKS_MAX_STALE),
        jwks_refetch_cooldown=read(tenant.JWKS_REFETCH_COOLDOWN),
        upstream_timeout=read(tenant.UPSTREAM_TIMEOUT),
        upstream_ca_file=read(tenant.UPSTREAM_CA_FILE),
        bridge_audiences=bridge_audiences,
        bridge_port=port,
        bridge_url=bridge_url,
        bridge_clients=bridge_clients,
        # The user's address is personal data, so it is sent only to servers that use it.
        forwards_address=_or(read.given(mcp_server.MCP_AUTH0_FORWARDED_FOR), is_auth0(read)),
        has_leftover_subject_token_type=bool(read(mcp_server.MCP_AUTH0_SUBJECT_TOKEN_TYPE)),
        exchange_scope=read(mcp_server.MCP_AUTH0_EXCHANGE_SCOPE),
        exchange_target=_exchange_target(read, api_audience),
        cors_origins=read(mcp_server.CORS_ORIGINS),
        api_audience=api_audience,
        api_url=api_url,
        api_login_client_id=login_client_id,
        api_is_described=read(api.API_DOCS),
        actor_policy=_actor_policy(read),
        bridge_callers=CallerRules(
            actor_rule=ActorRule(read(tenant.TOKEN_ACTOR_RULE)), allow_machines=read(mcp_server.MCP_ALLOW_MACHINES)
        ),
        # Off by default, because documents are on the internet and the local tenant works offline. Setting a CA for
        # documents on loopback turns them on.
        client_documents=_or(read.given(LOCAL_TENANT_CIMD), cimd_ca_file is not None),
        cimd_ca_file=cimd_ca_file,
        seal_key_file=read(audit.AUDIT_SEAL_KEY_FILE),
        seal_public_keys_file=read(audit.AUDIT_PUBLIC_KEYS_FILE),
        audit_retention_days=read(audit.AUDIT_RETENTION_DAYS),
        observability=read_observability(read),
    )


def _or(given: bool | None, default: bool) -> bool:
    return default if given is None else given


def _by_default(variable: Variable[T], default: T, *, is_local: bool) -> T:
    """Return the default of an identifier that is not set. Only the local tenant knows these defaults."""
    if not is_local:
        raise variable.mistake(
            "is missing: set it to the API's identifier exactly as the tenant shows it, with any trailing slash"
        )
    return default


def _is_local(read: Variables, issuer: str, *, configured: bool, debug: bool) -> bool:
    """Return whether the tenant is local_tenant. LOCAL_TENANT decides; if it is unset, the issuer does.

    local_tenant's issuer is a bare http origin on loopback, on any port. An issuer with a path, such as a realm of
    Keycloak, is another server on this machine. Another server with a bare origin needs LOCAL_TENANT=false.
    """
    url = urlsplit(issuer)
    could_be = url.scheme == "http" and url.hostname in LOOPBACK_HOSTS and url.path in {"", "/"}
    is_local = _or(read.given(LOCAL_TENANT), not configured or (debug and could_be))
    if is_local and not could_be:
        raise OAUTH_ISSUER.mistake(
            "must be an http origin on loopback for the local tenant, such as http://localhost:9001/; if another "
            "tenant has this issuer, set LOCAL_TENANT=false"
        )
    if is_local and not debug:
        raise DEBUG.mistake("must be true for the local tenant, which is for development only")
    if not is_local and not configured:
        raise OAUTH_ISSUER.mistake(
            "is missing, and so is AUTH0_DOMAIN: with LOCAL_TENANT=false, one of them must name your tenant"
        )
    return is_local


def _local_clients(read: Variables, identifiers: int, state_dir: Path) -> tuple[ConfidentialClient, ...]:
    """Return the bridge's clients at the local tenant, with default ids and generated secrets where none are set."""
    if read(mcp_server.MCP_AUTH0_CLIENT_AUTH_METHOD) == PRIVATE_KEY_JWT:
        raise mcp_server.MCP_AUTH0_CLIENT_AUTH_METHOD.mistake(
            "must be client_secret_post or client_secret_basic: the local tenant does not support clients' keys"
        )
    clients = []
    for number, client in enumerate(read_clients(read, identifiers=identifiers)):
        suffix = f"-{number + 1}" if number else ""
        clients.append(
            replace(
                client,
                client_id=client.client_id or LOCAL_BRIDGE_CLIENT + suffix,
                secret=client.secret or kept_secret(state_dir / f"bridge_client_secret{suffix}"),
            )
        )
    if len({client.client_id for client in clients}) < identifiers:
        raise mcp_server.MCP_AUTH0_CLIENT_ID.mistake(
            "must name different clients: the local tenant links a client to one identifier"
        )
    return tuple(clients)


def _exchange_target(read: Variables, api_audience: str) -> ExchangeTarget:
    target = ExchangeTarget(read(mcp_server.MCP_AUTH0_EXCHANGE_TARGET))
    is_uri = re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^#]+", api_audience)
    if target is ExchangeTarget.RESOURCE and not is_uri:  # RFC 8707 §2
        raise api.API_AUTH0_AUDIENCE.mistake("must be an absolute URI if MCP_AUTH0_EXCHANGE_TARGET is resource")
    return target


def _actor_policy(read: Variables) -> ActorPolicy:
    return ActorPolicy(
        actor_rule=ActorRule(read(tenant.TOKEN_ACTOR_RULE)),
        trusted_actors=frozenset(read(api.API_TRUSTED_ACTORS)),
        require_delegation=read(api.API_REQUIRE_DELEGATION),
        allow_machines=read(api.API_ALLOW_MACHINES),
        allowed_organizations=frozenset(read(api.API_ALLOWED_ORGANIZATIONS)),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
