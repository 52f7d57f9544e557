"""`ON_BEHALF_OF` from environment variables: `ON_BEHALF_OF = from_environment()` in a project's settings.

The names are those of Auth0's quickstart and of this repository's own services.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from on_behalf_of.primitives.declared_settings import SpelledElsewhere

Read = Callable[[str], Any]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _flag(text: str) -> bool | str:
    return {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }.get(text.lower(), text)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class Variable:
    """An environment variable, and the key of a room's entry that it sets."""

    name: str
    room: str
    key: str
    read: Read = str


VARIABLES = (
    *(
        variable
        for room in ("API", "MCP")
        for variable in (
            Variable("OAUTH_ISSUER", room, "ISSUER"),
            Variable("TOKEN_DIALECTS", room, "DIALECTS"),
            Variable("TOKEN_ACTOR_RULE", room, "ACTOR_RULE"),
            Variable("JWKS_MAX_AGE", room, "KEYS_MAX_AGE", _number),
            Variable("JWKS_MAX_STALE", room, "KEYS_MAX_STALE", _number),
            Variable("JWKS_REFETCH_COOLDOWN", room, "KEYS_COOLDOWN", _number),
            Variable("UPSTREAM_TIMEOUT", room, "TIMEOUT", _number),
            Variable("UPSTREAM_CA_FILE", room, "CA_FILE"),
        )
    ),
    Variable("API_AUTH0_AUDIENCE", "API", "AUDIENCE"),
    Variable("API_BASE_URL", "API", "BASE_URL"),
    Variable("API_TRUSTED_ACTORS", "API", "TRUSTED_ACTORS", _words),
    Variable("API_REQUIRE_DELEGATION", "API", "REQUIRE_DELEGATION", _flag),
    Variable("API_ALLOW_MACHINES", "API", "ALLOW_MACHINES", _flag),
    Variable("API_ALLOWED_ORGANIZATIONS", "API", "ALLOWED_ORGANIZATIONS", _words),
    Variable("API_OTHER_ISSUERS", "API", "OTHER_ISSUERS"),
    Variable("API_LOGIN_CLIENT_ID", "API", "LOGIN_CLIENT_ID"),
    Variable("API_DOCS", "API", "DESCRIBED", _flag),
    Variable("AUDIT_SEALING", "AUDIT", "SEALING"),
    Variable("AUDIT_SEAL_KEY_FILE", "AUDIT", "SEAL_KEY_FILE"),
    Variable("AUDIT_PUBLIC_KEYS_FILE", "AUDIT", "PUBLIC_KEYS_FILE"),
    Variable("AUDIT_RETENTION_DAYS", "AUDIT", "RETENTION_DAYS", _number),
    Variable("STATE_DIR", "AUDIT", "DIRECTORY"),
    Variable("AUTH0_AUDIENCE", "MCP", "RESOURCE"),
    Variable("MCP_SERVER_URL", "MCP", "BASE_URL"),
    Variable("MCP_AUTH0_CLIENT_ID", "MCP", "CLIENT_ID"),
    Variable("MCP_AUTH0_CLIENT_SECRET", "MCP", "CLIENT_SECRET"),
    Variable("MCP_AUTH0_CLIENT_AUTH_METHOD", "MCP", "CLIENT_AUTHENTICATION"),
    Variable("MCP_AUTH0_EXCHANGE_SCOPE", "MCP", "API_SCOPES", _words),
    Variable("MCP_AUTH0_EXCHANGE_TARGET", "MCP", "EXCHANGE_TARGET"),
    Variable("MCP_AUTH0_FORWARDED_FOR", "MCP", "FORWARD_ADDRESS", _flag),
    Variable("MCP_ALLOW_MACHINES", "MCP", "ALLOW_MACHINES", _flag),
    Variable("API_AUTH0_AUDIENCE", "MCP", "API_AUDIENCE"),
    Variable("API_BASE_URL", "MCP", "API_BASE_URL"),
    Variable("CORS_ORIGINS", "MCP", "ALLOWED_ORIGINS", _words),
    Variable("TRUSTED_PROXIES", "MCP", "TRUSTED_PROXIES", _words),
)


def from_environment(
    variables: Mapping[str, str] | None = None, /, **entries: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """Return the setting ON_BEHALF_OF from the environment, or from `variables` in its place.

    The MCP server's entry is there if MCP_AUTH0_CLIENT_ID is set. `entries` adds what is the same everywhere:
    `from_environment(API={"USER_FIELD": "sso_subject"})`; it wins over the environment. AUTH0_DOMAIN stands in for
    OAUTH_ISSUER. Nothing is checked here: the rooms check their entries at the start, and name the variable in
    each sentence.
    """
    given = {name: text.strip() for name, text in (os.environ if variables is None else variables).items()}
    if (domain := given.get("AUTH0_DOMAIN")) and not given.get("OAUTH_ISSUER"):
        given["OAUTH_ISSUER"] = f"https://{domain}/"
    rooms = ["API", "AUDIT"] + (["MCP"] if given.get("MCP_AUTH0_CLIENT_ID") or "MCP" in entries else [])
    return {room: _entry(room, given) | entries.get(room, {}) for room in rooms}


def _entry(room: str, given: Mapping[str, str]) -> SpelledElsewhere:
    mine = [variable for variable in VARIABLES if variable.room == room]
    entry = SpelledElsewhere({variable.key: variable.name for variable in mine})
    for variable in mine:
        if text := given.get(variable.name):
            entry[variable.key] = variable.read(text)
    return entry
