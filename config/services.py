"""What the environment means to each service: their configuration objects, built in one place."""

from urllib.parse import urljoin

from config.environment import Environment
from config.generated_secrets import derived_secret
from downstream_api.operations import OPERATIONS
from local_tenant.configuration import LinkedClient, TenantConfiguration
from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.audit.configuration import AuditConfiguration, Sealing
from on_behalf_of.drf.browsable.configuration import CALLBACK_PATH, BrowserLogin
from on_behalf_of.drf.configuration import ApiConfiguration
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules

API_SCOPES = {"read:private": "Read your private data and notes", "write:private": "Write and delete your notes"}
INSPECTOR_ORIGINS = ("http://localhost:6274", "http://127.0.0.1:6274")  # MCP Inspector's pages, in development
OPENAPI_REDIRECT_PATH = "/docs/oauth2-redirect.html"  # where Swagger UI's login returns to


def api_configuration(environment: Environment) -> ApiConfiguration:
    return ApiConfiguration(
        token_rules=_rules(environment, environment.api_audience),
        key_fetching=_key_fetching(environment),
        resource=ProtectedResource(
            resource=environment.api_audience,
            base_url=environment.api_url,
            authorization_server=environment.issuer,
            scopes=tuple(API_SCOPES),
            name="Notes API",
        ),
        policy=environment.actor_policy,
        bridge_client_ids=frozenset(client.client_id for client in environment.bridge_clients if client.client_id),
        login=_browser_login(environment),
        is_described=environment.api_is_described,
        operations=OPERATIONS,
    )


def _browser_login(environment: Environment) -> BrowserLogin | None:
    if not environment.api_login_client_id:
        return None
    return BrowserLogin(
        client_id=environment.api_login_client_id,
        base_url=environment.api_url,
        scopes=tuple(API_SCOPES.items()),
        timeout=environment.upstream_timeout,
        tenant_logout_url=urljoin(environment.issuer, "/logout") if environment.is_local else "",
        session_key=bytes.fromhex(derived_secret(environment.secret_key, "tokens in sessions of the API")),
    )


def audit_configuration(environment: Environment) -> AuditConfiguration:
    return AuditConfiguration(
        seal_key_file=environment.seal_key_file or environment.state_dir / "audit_seal_key.pem",
        public_keys_file=environment.seal_public_keys_file or environment.state_dir / "audit_public_keys.json",
        retention_days=environment.audit_retention_days,
        sealing=Sealing.COMMAND,  # for commands; a process of the API seals by itself
    )


def bridge_configuration(environment: Environment) -> BridgeConfiguration:
    return BridgeConfiguration(
        token_rules=_rules(environment, *environment.bridge_audiences),
        downstream_rules=_rules(environment, environment.api_audience),
        key_fetching=_key_fetching(environment),
        resource=ProtectedResource(
            resource=environment.bridge_audience,
            base_url=environment.bridge_url,
            authorization_server=environment.issuer,
            scopes=TOOLS.scopes,
            name="MCP bridge",
            # In Auth0's quickstart the bridge's identifier is its origin, whose metadata is at the root.
            endpoint="" if environment.bridge_audience.rstrip("/") == environment.bridge_url else ENDPOINT,
        ),
        clients=environment.bridge_clients,
        forwards_address=environment.forwards_address,
        default_exchange_scope=environment.exchange_scope,
        caller_rules=environment.bridge_callers,
        exchange_target=environment.exchange_target,
        api_base_url=environment.api_url,
        upstream_timeout=environment.upstream_timeout,
        record_key=derived_secret(environment.secret_key, "tool call arguments").encode(),
        allowed_hosts=environment.allowed_hosts,
        allowed_origins=environment.cors_origins or (INSPECTOR_ORIGINS if environment.is_local else ()),
        trusted_proxies=environment.trusted_proxies,
        cache_keys=environment.shared_cache.encryption_keys if environment.shared_cache else (),
        has_leftover_subject_token_type=environment.has_leftover_subject_token_type,
        tools="mcp_bridge.tools.registry.TOOLS",
    )


def tenant_configuration(environment: Environment) -> TenantConfiguration:
    return TenantConfiguration(
        issuer=environment.issuer,
        bridges=tuple(
            LinkedClient(identifier, client.client_id, client.secret)
            for identifier, client in zip(environment.bridge_audiences, environment.bridge_clients, strict=True)
        ),
        api_audience=environment.api_audience,
        signing_key_file=environment.state_dir / "tenant_key.pem",
        client_documents=environment.client_documents,
        cimd_ca_file=environment.cimd_ca_file,
        bridge_scopes=tuple((scope, _what_tools_do(scope)) for scope in TOOLS.scopes),
        api_scopes=tuple(API_SCOPES.items()),
        login_client_id=environment.api_login_client_id,
        login_redirect_uris=(
            f"{environment.api_url}{CALLBACK_PATH}",
            f"{environment.api_url}{OPENAPI_REDIRECT_PATH}",
        ),
    )


def _what_tools_do(scope: str) -> str:
    """For the consent page: the titles of the tools that need this scope."""
    return "Use " + ", ".join(f"“{tool.title}”" for tool in TOOLS if scope in tool.scopes)


def _rules(environment: Environment, audience: str, *others: str) -> TokenRules:
    return TokenRules(
        issuer=environment.issuer, audience=audience, dialects=environment.dialects, other_audiences=others
    )


def _key_fetching(environment: Environment) -> KeyFetching:
    return KeyFetching(
        max_age=environment.jwks_max_age,
        max_stale=environment.jwks_max_stale,
        refetch_cooldown=environment.jwks_refetch_cooldown,
        timeout=environment.upstream_timeout,
        ca_file=environment.upstream_ca_file,
    )
