"""The setting ON_BEHALF_OF from environment variables: which variable sets which key."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from on_behalf_of.environment.api import (
    API_ALLOW_MACHINES,
    API_ALLOWED_ORGANIZATIONS,
    API_AUTH0_AUDIENCE,
    API_BASE_URL,
    API_DOCS,
    API_LOGIN_CLIENT_ID,
    API_OTHER_ISSUERS,
    API_REQUIRE_DELEGATION,
    API_TRUSTED_ACTORS,
)
from on_behalf_of.environment.audit import (
    AUDIT_PUBLIC_KEYS_FILE,
    AUDIT_RETENTION_DAYS,
    AUDIT_SEAL_KEY_FILE,
    AUDIT_SEALING,
    STATE_DIR,
)
from on_behalf_of.environment.hosting import TRUSTED_PROXIES
from on_behalf_of.environment.mcp_server import (
    AUTH0_AUDIENCE,
    CORS_ORIGINS,
    MCP_ALLOW_MACHINES,
    MCP_AUTH0_CLIENT_AUTH_METHOD,
    MCP_AUTH0_CLIENT_ID,
    MCP_AUTH0_CLIENT_KEY_ID,
    MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE,
    MCP_AUTH0_CLIENT_SECRET,
    MCP_AUTH0_EXCHANGE_SCOPE,
    MCP_AUTH0_EXCHANGE_TARGET,
    MCP_AUTH0_FORWARDED_FOR,
    MCP_SERVER_URL,
)
from on_behalf_of.environment.shared_cache import CACHE_ENCRYPTION_KEYS, CACHE_KEY_PREFIX, CACHE_URL
from on_behalf_of.environment.tenant import (
    AUTH0_DOMAIN,
    JWKS_MAX_AGE,
    JWKS_MAX_STALE,
    JWKS_REFETCH_COOLDOWN,
    OAUTH_ISSUER,
    TOKEN_ACTOR_RULE,
    TOKEN_DIALECTS,
    UPSTREAM_CA_FILE,
    UPSTREAM_TIMEOUT,
    configured_issuer,
    is_auth0,
)
from on_behalf_of.environment.variable import Variable, Variables
from on_behalf_of.primitives.declared_settings import SpelledElsewhere

TENANT: dict[str, Variable[Any]] = {
    "ISSUER": OAUTH_ISSUER,
    "DIALECTS": TOKEN_DIALECTS,
    "ACTOR_RULE": TOKEN_ACTOR_RULE,
    "KEYS_MAX_AGE": JWKS_MAX_AGE,
    "KEYS_MAX_STALE": JWKS_MAX_STALE,
    "KEYS_COOLDOWN": JWKS_REFETCH_COOLDOWN,
    "TIMEOUT": UPSTREAM_TIMEOUT,
    "CA_FILE": UPSTREAM_CA_FILE,
}
KEYS: dict[str, dict[str, Variable[Any]]] = {  # each room's keys, and the variables that set them
    "API": TENANT
    | {
        "AUDIENCE": API_AUTH0_AUDIENCE,
        "BASE_URL": API_BASE_URL,
        "TRUSTED_ACTORS": API_TRUSTED_ACTORS,
        "REQUIRE_DELEGATION": API_REQUIRE_DELEGATION,
        "ALLOW_MACHINES": API_ALLOW_MACHINES,
        "ALLOWED_ORGANIZATIONS": API_ALLOWED_ORGANIZATIONS,
        "OTHER_ISSUERS": API_OTHER_ISSUERS,
        "LOGIN_CLIENT_ID": API_LOGIN_CLIENT_ID,
        "DESCRIBED": API_DOCS,
    },
    "AUDIT": {
        "SEALING": AUDIT_SEALING,
        "SEAL_KEY_FILE": AUDIT_SEAL_KEY_FILE,
        "PUBLIC_KEYS_FILE": AUDIT_PUBLIC_KEYS_FILE,
        "RETENTION_DAYS": AUDIT_RETENTION_DAYS,
        "DIRECTORY": STATE_DIR,
    },
    "MCP": TENANT
    | {
        "RESOURCE": AUTH0_AUDIENCE,
        "BASE_URL": MCP_SERVER_URL,
        "CLIENT_ID": MCP_AUTH0_CLIENT_ID,
        "CLIENT_SECRET": MCP_AUTH0_CLIENT_SECRET,
        "CLIENT_AUTHENTICATION": MCP_AUTH0_CLIENT_AUTH_METHOD,
        "CLIENT_PRIVATE_KEY_FILE": MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE,
        "CLIENT_KEY_ID": MCP_AUTH0_CLIENT_KEY_ID,
        "API_SCOPES": MCP_AUTH0_EXCHANGE_SCOPE,
        "EXCHANGE_TARGET": MCP_AUTH0_EXCHANGE_TARGET,
        "FORWARD_ADDRESS": MCP_AUTH0_FORWARDED_FOR,
        "ALLOW_MACHINES": MCP_ALLOW_MACHINES,
        "API_AUDIENCE": API_AUTH0_AUDIENCE,
        "API_BASE_URL": API_BASE_URL,
        "ALLOWED_ORIGINS": CORS_ORIGINS,
        "TRUSTED_PROXIES": TRUSTED_PROXIES,
        "CACHE_KEYS": CACHE_ENCRYPTION_KEYS,
    },
}
VARIABLES = frozenset(  # that projects read by this room's functions
    {AUTH0_DOMAIN, CACHE_URL, CACHE_KEY_PREFIX, *(variable for keys in KEYS.values() for variable in keys.values())}
)


def from_environment(
    variables: Mapping[str, str] | None = None, /, **entries: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """Return the setting ON_BEHALF_OF from the environment, or from `variables` in its place.

    The MCP server's entry is there if MCP_AUTH0_CLIENT_ID is set. `entries` adds what is the same everywhere:
    `from_environment(API={"USER_FIELD": "sso_subject"})`; it wins over the environment. AUTH0_DOMAIN stands in for
    OAUTH_ISSUER.

    Raises ImproperlyConfigured for a variable whose text is not of its kind. The rooms check the rest at the start, and
    their sentences name the variable too.
    """
    read = Variables(os.environ if variables is None else variables)
    rooms = ["API", "AUDIT"] + (["MCP"] if read(MCP_AUTH0_CLIENT_ID) or "MCP" in entries else [])
    return {room: _entry(room, read, entries.get(room, {})) for room in rooms}


def _entry(room: str, read: Variables, own: Mapping[str, Any]) -> SpelledElsewhere:
    keys = {key: variable for key, variable in KEYS[room].items() if key not in own}
    entry = SpelledElsewhere({key: variable.name for key, variable in keys.items()})
    entry.update((key, value) for key, variable in keys.items() for value in _given(read, variable))
    return entry | own


def _given(read: Variables, variable: Variable[Any]) -> Iterator[Any]:
    """Yield the variable's value as the rooms take it, if there is one."""
    value: Any
    if variable is OAUTH_ISSUER:
        value = configured_issuer(read)
    elif variable is MCP_AUTH0_FORWARDED_FOR and is_auth0(read):
        value = read.given(variable) is not False
    elif variable is AUTH0_AUDIENCE:
        value = read.text(variable)  # a room has one identifier, and refuses several
    elif variable is TRUSTED_PROXIES:
        value = tuple(map(str, read(TRUSTED_PROXIES)))
    else:
        value = read.given(variable)
    if value not in {None, "", ()}:
        yield value
