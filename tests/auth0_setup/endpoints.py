"""What the Management API takes: endpoints, the scopes they want, and request bodies as JSON Schema.

Members that it does not know are refused.
"""

import re
from typing import Any
from urllib.parse import unquote

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
FLAG = {"type": "boolean"}
SCOPES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"value": {**TEXT, "maxLength": 280}, "description": {"type": "string", "maxLength": 500}},
        "required": ["value"],
        "additionalProperties": False,
    },
}


def members(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "minProperties": 1,
    }


def one_of(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


API: dict[str, Any] = {
    "name": {**TEXT, "pattern": "^[^<>]*$"},
    "scopes": SCOPES,
    "signing_alg": one_of("HS256", "RS256", "RS512", "PS256"),
    "token_dialect": one_of("access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"),
    "enforce_policies": FLAG,
    "skip_consent_for_verifiable_first_party_clients": FLAG,
    "agent_subject_claims": one_of("auth0-v1"),
    "subject_type_authorization": members(
        user=members(("policy",), policy=one_of("allow_all", "deny_all", "require_client_grant")),
        client=members(("policy",), policy=one_of("deny_all", "require_client_grant")),
    ),
}
CLIENT: dict[str, Any] = {
    "name": {**TEXT, "pattern": "^[^<>]*$"},
    "callbacks": TEXTS,
    "grant_types": TEXTS,
    "app_type": one_of("native", "spa", "regular_web", "non_interactive", "resource_server"),
    "oidc_conformant": FLAG,
    "token_endpoint_auth_method": one_of("none", "client_secret_post", "client_secret_basic"),
    "is_token_endpoint_ip_header_trusted": FLAG,
    "token_exchange": members(
        allow_any_profile_of_type={
            "type": "array",
            "items": one_of("custom_authentication", "on_behalf_of_token_exchange"),
        }
    ),
    "is_first_party": FLAG,
}
GRANT_SCOPES = {"type": "array", "items": TEXT}
PERMISSIONS = members(
    ("permissions",),
    permissions={
        "type": "array",
        "minItems": 1,
        "items": members(
            ("resource_server_identifier", "permission_name"), resource_server_identifier=TEXT, permission_name=TEXT
        ),
    },
)

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "tenants/settings"): members(
        resource_parameter_profile=one_of("audience", "compatibility"),
        authorization_response_iss_parameter_supported=FLAG,
        client_id_metadata_document_supported=FLAG,
        flags=members(enable_dynamic_client_registration=FLAG),
    ),
    ("PATCH", "connections/{id}"): members(is_domain_connection=FLAG),
    ("POST", "resource-servers"): members(("identifier",), identifier=TEXT, **API),
    ("PATCH", "resource-servers/{id}"): members(**API),
    ("POST", "clients"): members(
        ("name",),
        resource_server_identifier=TEXT,
        third_party_security_mode=one_of("strict", "permissive"),
        **CLIENT,
    ),
    ("PATCH", "clients/{id}"): members(**CLIENT),
    ("POST", "clients/cimd/register"): members(("external_client_id",), external_client_id=TEXT),
    ("POST", "client-grants"): members(
        ("audience", "scope"),
        audience=TEXT,
        client_id=TEXT,
        default_for=one_of("third_party_clients"),
        scope=GRANT_SCOPES,
        subject_type=one_of("client", "user"),
    ),
    ("PATCH", "client-grants/{id}"): members(scope=GRANT_SCOPES),
    ("POST", "roles"): members(("name",), name=TEXT, description=TEXT),
    ("POST", "roles/{id}/permissions"): PERMISSIONS,
    ("DELETE", "roles/{id}/permissions"): PERMISSIONS,
    ("POST", "roles/{id}/users"): members(("users",), users={**TEXTS, "minItems": 1}),
    ("DELETE", "users/{id}/roles"): members(("roles",), roles={**TEXTS, "minItems": 1}),
    ("PATCH", "organizations/{id}"): members(third_party_client_access=one_of("allow", "deny")),
}

SCOPE_OF: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "tenants/settings"): ("read:tenant_settings",),
    ("PATCH", "tenants/settings"): ("update:tenant_settings",),
    ("GET", "connections"): ("read:connections",),
    ("PATCH", "connections/{id}"): ("update:connections",),
    ("GET", "resource-servers"): ("read:resource_servers",),
    ("POST", "resource-servers"): ("create:resource_servers",),
    ("PATCH", "resource-servers/{id}"): ("update:resource_servers",),
    ("DELETE", "resource-servers/{id}"): ("delete:resource_servers",),
    ("GET", "clients"): ("read:clients",),
    ("POST", "clients"): ("create:clients",),
    ("PATCH", "clients/{id}"): ("update:clients",),
    ("DELETE", "clients/{id}"): ("delete:clients",),
    ("POST", "clients/{id}/rotate-secret"): ("update:client_keys",),
    ("POST", "clients/cimd/register"): ("create:clients",),
    ("GET", "client-grants"): ("read:client_grants",),
    ("POST", "client-grants"): ("create:client_grants",),
    ("PATCH", "client-grants/{id}"): ("update:client_grants",),
    ("DELETE", "client-grants/{id}"): ("delete:client_grants",),
    ("GET", "roles"): ("read:roles",),
    ("POST", "roles"): ("create:roles",),
    ("DELETE", "roles/{id}"): ("delete:roles",),
    ("GET", "roles/{id}/permissions"): ("read:roles",),
    ("POST", "roles/{id}/permissions"): ("update:roles",),
    ("DELETE", "roles/{id}/permissions"): ("update:roles",),
    ("GET", "roles/{id}/users"): ("read:role_members",),
    ("POST", "roles/{id}/users"): ("update:roles", "create:role_members"),
    ("DELETE", "users/{id}/roles"): ("update:users", "delete:role_members"),
    ("GET", "users-by-email"): ("read:users",),
    ("GET", "organizations/name/{id}"): ("read:organizations",),
    ("PATCH", "organizations/{id}"): ("update:organizations",),
}
ALL_SCOPES = tuple(sorted({scope for scopes in SCOPE_OF.values() for scope in scopes}))


def endpoint(method: str, path: str) -> tuple[str | None, str]:
    """Return the endpoint of a path below /api/v2/, and the id in that path."""
    exact = (method, path) in SCOPE_OF
    for of, pattern in SCOPE_OF:
        found = re.fullmatch(re.escape(pattern).replace(re.escape("{id}"), "([^/]+)"), path)
        if of == method and found and (not exact or pattern == path):
            return pattern, unquote(found[1]) if found.groups() else ""
    return None, ""
