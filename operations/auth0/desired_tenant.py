"""The tenant's desired content, from this project's settings: its URLs, and the scopes of its tools and API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from config.environment import Environment
from config.services import INSPECTOR_ORIGINS, tenant_configuration
from local_tenant.configuration import ADMINISTRATOR, USER, USER_SCOPES
from on_behalf_of.environment.kinds import LOOPBACK_HOSTS
from on_behalf_of.exchange.client_authentication import AuthenticationMethod
from on_behalf_of.resource_server.access_token import TokenDialect
from operations.auth0.change import IdOf

BRIDGE, INSPECTOR, LOGIN = "MCP bridge", "MCP Inspector", "Notes API pages"
API = "Notes API"
INSPECTOR_CALLBACK = "http://localhost:6274/oauth/callback"
OBO = "on_behalf_of_token_exchange"


@dataclass(frozen=True)
class SetupOptions:
    """The command's options. The defaults set up the basic flow."""

    connection: str = "Username-Password-Authentication"
    administrators: tuple[str, ...] = ()  # email addresses of users
    users: tuple[str, ...] = ()
    has_inspector: bool = True
    has_login_client: bool = False
    has_agent_claims: bool = False
    organizations: tuple[str, ...] = ()  # names
    cimd_clients: tuple[str, ...] = ()  # URLs of client ID metadata documents
    has_open_registration: bool = False


@dataclass(frozen=True)
class DesiredApi:
    identifier: str
    name: str
    scopes: tuple[tuple[str, str], ...]  # value, description
    settings: Mapping[str, Any]  # always required
    at_creation: Mapping[str, Any] = field(default_factory=dict)  # for a new API; an existing one may differ


@dataclass(frozen=True)
class DesiredClient:
    name: str
    settings: Mapping[str, Any]
    at_creation: Mapping[str, Any]
    configured_id: str = ""  # the client id in .env
    linked_api: str = ""  # identifier of the API that this client belongs to; can only be set at creation
    has_secret: bool = False  # the secret must be in .env
    known_secret: bool = False  # .env holds one already


@dataclass(frozen=True)
class DesiredGrant:
    """The scopes of an API that a client may get on a user's behalf. If `client` is None: all third-party clients."""

    client: str | None
    audience: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class DesiredRole:
    name: str
    description: str
    permissions: tuple[tuple[str, str], ...]  # API's identifier, scope
    members: tuple[str, ...]  # email addresses


@dataclass(frozen=True)
class DesiredTenant:
    settings: Mapping[str, Any]
    connection: str
    apis: tuple[DesiredApi, ...]
    clients: tuple[DesiredClient, ...]
    grants: tuple[DesiredGrant, ...]
    roles: tuple[DesiredRole, ...]
    organizations: tuple[str, ...]
    cimd_clients: tuple[str, ...]
    variables: Mapping[str, str | IdOf]  # for .env


def desired_tenant(environment: Environment, domain: str, options: SetupOptions) -> DesiredTenant:
    """Return what the tenant should hold. `environment` is the services' once they use the tenant at `domain`."""
    configuration = tenant_configuration(environment)
    bridge_scopes = tuple(value for value, _ in configuration.bridge_scopes)
    api_scopes = tuple(value for value, _ in configuration.api_scopes)
    every_permission = (
        *((environment.bridge_audience, value) for value in bridge_scopes),
        *((environment.api_audience, value) for value in api_scopes),
    )
    clients = [_bridge(environment)]
    grants = [DesiredGrant(BRIDGE, environment.api_audience, api_scopes)]
    if options.has_inspector:
        clients.append(_inspector())
        grants.append(DesiredGrant(INSPECTOR, environment.bridge_audience, bridge_scopes))
    if options.cimd_clients or options.has_open_registration:  # clients that are not known in advance
        grants.append(DesiredGrant(None, environment.bridge_audience, bridge_scopes))
    if options.has_login_client:
        clients.append(_login(environment, configuration.login_redirect_uris))
        grants.append(DesiredGrant(LOGIN, environment.api_audience, api_scopes))
    return DesiredTenant(
        settings=_settings(options),
        connection=options.connection,
        apis=_apis(environment, configuration.bridge_scopes, configuration.api_scopes, options),
        clients=tuple(clients),
        grants=tuple(grants),
        roles=(
            DesiredRole(ADMINISTRATOR, "May use every tool", every_permission, options.administrators),
            DesiredRole(
                USER,
                "May use read-only tools",
                tuple(each for each in every_permission if each[1] in USER_SCOPES),
                options.users,
            ),
        ),
        organizations=options.organizations,
        cimd_clients=options.cimd_clients,
        variables=_variables(environment, domain, options),
    )


def _settings(options: SetupOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "resource_parameter_profile": "compatibility",  # MCP clients send `resource` (RFC 8707), not `audience`
        "authorization_response_iss_parameter_supported": True,  # RFC 9207
    }
    if options.cimd_clients:
        settings["client_id_metadata_document_supported"] = True
    if options.has_open_registration:
        settings["flags"] = {"enable_dynamic_client_registration": True}
    return settings


def _apis(
    environment: Environment,
    bridge_scopes: tuple[tuple[str, str], ...],
    api_scopes: tuple[tuple[str, str], ...],
    options: SetupOptions,
) -> tuple[DesiredApi, DesiredApi]:
    accepts_rfc9068 = TokenDialect.RFC9068 in environment.dialects
    settings: dict[str, Any] = {
        "signing_alg": "RS256",
        "token_dialect": "rfc9068_profile_authz" if accepts_rfc9068 else "access_token_authz",
        "enforce_policies": True,  # the user's roles limit what can be delegated
    }
    if options.has_agent_claims:
        settings["agent_subject_claims"] = "auth0-v1"
    require_grant = {"policy": "require_client_grant"}
    bridge = DesiredApi(environment.bridge_audience, BRIDGE, bridge_scopes, settings)
    api = DesiredApi(
        environment.api_audience,
        API,
        api_scopes,
        settings
        | {
            # During an exchange, no user is present to consent.
            "skip_consent_for_verifiable_first_party_clients": True,
            "subject_type_authorization": {"user": require_grant},
        },
        at_creation={"subject_type_authorization": {"user": require_grant, "client": require_grant}},
    )
    return bridge, api


def _bridge(environment: Environment) -> DesiredClient:
    client = environment.bridge_clients[0]
    has_secret = client.method is not AuthenticationMethod.PRIVATE_KEY_JWT
    settings: dict[str, Any] = {"token_exchange": {"allow_any_profile_of_type": [OBO]}}
    if has_secret:  # otherwise the client's owner registers its public key
        settings["token_endpoint_auth_method"] = str(client.method)
    if environment.forwards_address:
        settings["is_token_endpoint_ip_header_trusted"] = True
    return DesiredClient(
        name=BRIDGE,
        settings=settings,
        at_creation={
            "app_type": "resource_server",
            "oidc_conformant": True,
            "resource_server_identifier": environment.bridge_audience,
        },
        configured_id=client.client_id,
        linked_api=environment.bridge_audience,
        has_secret=has_secret,
        known_secret=bool(client.client_id and client.secret),
    )


def _inspector() -> DesiredClient:
    """Return a third-party client that runs in a browser: public, with PKCE, and with the user's consent."""
    return DesiredClient(
        name=INSPECTOR,
        settings={"callbacks": [INSPECTOR_CALLBACK], "grant_types": ["authorization_code"]},
        at_creation={
            "app_type": "spa",
            "is_first_party": False,
            "third_party_security_mode": "strict",
            "token_endpoint_auth_method": "none",
            "oidc_conformant": True,
        },
    )


def _login(environment: Environment, redirect_uris: tuple[str, ...]) -> DesiredClient:
    return DesiredClient(
        name=LOGIN,
        settings={
            "callbacks": list(redirect_uris),
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none",
        },
        at_creation={"app_type": "spa", "is_first_party": True, "oidc_conformant": True},
        configured_id=environment.api_login_client_id,
    )


def _variables(environment: Environment, domain: str, options: SetupOptions) -> dict[str, str | IdOf]:
    variables: dict[str, str | IdOf] = {
        "AUTH0_DOMAIN": domain,
        "AUTH0_AUDIENCE": environment.bridge_audience,
        "PORT": str(environment.bridge_port),
        "MCP_SERVER_URL": environment.bridge_url,
        "MCP_AUTH0_CLIENT_ID": IdOf("client", BRIDGE),
        "API_AUTH0_AUDIENCE": environment.api_audience,
        "API_BASE_URL": environment.api_url,
    }
    if options.has_login_client:
        variables["API_LOGIN_CLIENT_ID"] = IdOf("client", LOGIN)
    is_near = urlsplit(environment.bridge_url).hostname in LOOPBACK_HOSTS
    if options.has_inspector and is_near and not environment.cors_origins:
        variables["CORS_ORIGINS"] = ",".join(INSPECTOR_ORIGINS)
    return variables
