"""The MCP server: where it is, who may use it, and how it proves to the tenant that it is its client.

A tenant links each client that exchanges tokens to one identifier, so there is one client for each identifier in
AUTH0_AUDIENCE, in the same order; usually just one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from on_behalf_of.environment import kinds
from on_behalf_of.environment.variable import API, BRIDGE, TENANT, Variable, Variables

if TYPE_CHECKING:  # an API's settings need not load what signs
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from on_behalf_of.exchange.client_authentication import ConfidentialClient

PRIVATE_KEY_JWT = "private_key_jwt"

MCP_SERVER_URL = Variable(
    "MCP_SERVER_URL",
    kinds.base_url,
    "where MCP clients reach the bridge; they call `{MCP_SERVER_URL}/mcp`",
    (BRIDGE, TENANT),
    otherwise="`http://localhost:{PORT}`; required in other projects",
    example="http://localhost:3001",
)
AUTH0_AUDIENCE = Variable(
    "AUTH0_AUDIENCE",
    kinds.identifiers,
    "the bridge's identifier at the tenant, which should be the URL that clients call. While clients [move to another "
    "one](auth0.md#moving-to-another-identifier), it may hold several, separated by spaces: the first is published, "
    "all are accepted",
    (BRIDGE, TENANT),
    otherwise="`{MCP_SERVER_URL}/mcp`; required for this repository's bridge with your own tenant",
    example="http://localhost:3001/mcp",
)
MCP_AUTH0_CLIENT_ID = Variable(
    "MCP_AUTH0_CLIENT_ID",
    kinds.text,
    "the client that exchanges tokens; one for each identifier in `AUTH0_AUDIENCE`, in the same order, separated by "
    "spaces",
    (API, BRIDGE, TENANT),
    otherwise="required; made for the local tenant",
    example="",
)
MCP_AUTH0_CLIENT_SECRET = Variable(
    "MCP_AUTH0_CLIENT_SECRET",
    kinds.text,
    "that client's secret, unless it authenticates by a key; one for each client, in the same order, separated by "
    "spaces",
    (BRIDGE, TENANT),
    otherwise="required; made for the local tenant",
    example="",
)
MCP_AUTH0_CLIENT_AUTH_METHOD = Variable(
    "MCP_AUTH0_CLIENT_AUTH_METHOD",
    kinds.choice("client_secret_post", "client_secret_basic", PRIVATE_KEY_JWT),
    "how the client authenticates: `client_secret_post`, `client_secret_basic` (RFC 6749) or `private_key_jwt` (RFC "
    "7523)",
    (BRIDGE,),
    default="client_secret_post",
)
MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE = Variable(
    "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE",
    kinds.file,
    "a PEM file with the client's RSA key, instead of a secret; with `private_key_jwt` only",
    (BRIDGE,),
)
MCP_AUTH0_CLIENT_KEY_ID = Variable(
    "MCP_AUTH0_CLIENT_KEY_ID",
    kinds.text,
    "the tenant's name for that key, if the tenant wants it; one for each client, in the same order",
    (BRIDGE,),
)
MCP_AUTH0_FORWARDED_FOR = Variable(
    "MCP_AUTH0_FORWARDED_FOR",
    kinds.flag,
    "whether the tenant is told the user's address (`auth0-forwarded-for`). At Auth0, the client also needs *Trust "
    "Token Endpoint IP Header*",
    (BRIDGE,),
    otherwise="`true` with `AUTH0_DOMAIN`, else `false`",
)
MCP_AUTH0_EXCHANGE_SCOPE = Variable(
    "MCP_AUTH0_EXCHANGE_SCOPE",
    kinds.scopes,
    "the API's scopes that are requested for tools that declare none, separated by spaces",
    (BRIDGE,),
    example="read:private",
)
MCP_AUTH0_EXCHANGE_TARGET = Variable(
    "MCP_AUTH0_EXCHANGE_TARGET",
    kinds.choice("audience", "resource"),
    "the parameter that names the API to the tenant (RFC 8693): `audience` or `resource`",
    (BRIDGE,),
    default="audience",
)
MCP_AUTH0_SUBJECT_TOKEN_TYPE = Variable(
    "MCP_AUTH0_SUBJECT_TOKEN_TYPE",
    kinds.text,
    "has no effect; older versions of Auth0's quickstart set it. The exchange always sends RFC 8693's `access_token`",
    (BRIDGE,),
)
MCP_ALLOW_MACHINES = Variable(
    "MCP_ALLOW_MACHINES",
    kinds.flag,
    "whether clients may call the bridge in their own name, with tools that need no user",
    (BRIDGE,),
    default="false",
)
CORS_ORIGINS = Variable(
    "CORS_ORIGINS",
    kinds.origins,
    "origins of browser clients that may use the bridge, separated by commas; `*` is any",
    (BRIDGE,),
    otherwise="none; MCP Inspector's with the local tenant",
    example="",
)
VARIABLES = (
    MCP_SERVER_URL,
    AUTH0_AUDIENCE,
    MCP_AUTH0_CLIENT_ID,
    MCP_AUTH0_CLIENT_SECRET,
    MCP_AUTH0_CLIENT_AUTH_METHOD,
    MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE,
    MCP_AUTH0_CLIENT_KEY_ID,
    MCP_AUTH0_FORWARDED_FOR,
    MCP_AUTH0_EXCHANGE_SCOPE,
    MCP_AUTH0_EXCHANGE_TARGET,
    MCP_AUTH0_SUBJECT_TOKEN_TYPE,
    MCP_ALLOW_MACHINES,
    CORS_ORIGINS,
)


def read_clients(read: Variables, *, identifiers: int) -> tuple[ConfidentialClient, ...]:
    """Return as many clients as there are `identifiers`. Each wrong combination has its own message.

    Ids and secrets that are not set stay empty: only the MCP server's own process needs them.
    """
    from on_behalf_of.exchange.client_authentication import AuthenticationMethod, ConfidentialClient

    method = AuthenticationMethod(read(MCP_AUTH0_CLIENT_AUTH_METHOD))
    client_ids = _each(read, MCP_AUTH0_CLIENT_ID, identifiers, "client ids")
    secrets = _each(read, MCP_AUTH0_CLIENT_SECRET, identifiers, "secrets")
    key = _private_key(read)  # shared: a public key can be registered at several clients
    key_ids = _each(read, MCP_AUTH0_CLIENT_KEY_ID, identifiers, "names")
    return tuple(
        ConfidentialClient(client_id=client_id, method=method, secret=secret, private_key=key, key_id=key_id)
        for client_id, secret, key_id in zip(client_ids, secrets, key_ids, strict=True)
    )


def _private_key(read: Variables) -> RSAPrivateKey | None:
    """Return the client's key; None if it authenticates by a secret."""
    file, method = read(MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE), MCP_AUTH0_CLIENT_AUTH_METHOD.name
    if read(MCP_AUTH0_CLIENT_AUTH_METHOD) != PRIVATE_KEY_JWT:
        for variable in (MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE, MCP_AUTH0_CLIENT_KEY_ID):
            if read.text(variable):
                raise variable.mistake(f"has no effect unless {method} is private_key_jwt")
        return None
    if read.text(MCP_AUTH0_CLIENT_SECRET):
        raise MCP_AUTH0_CLIENT_SECRET.mistake(
            f"must not be set where {method} is private_key_jwt: take it away, here and at the tenant"
        )
    if file is None:
        raise MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE.mistake(
            f"is missing: {method} is private_key_jwt, and the key signs what it sends"
        )
    from on_behalf_of.exchange.client_authentication import load_private_key

    try:
        return load_private_key(file)
    except ValueError as wrong:
        raise MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE.mistake(f"must name {wrong}") from None


def missing_variables(clients: tuple[ConfidentialClient, ...]) -> tuple[str, ...]:
    """Return the names of variables that the MCP server's own process needs and that are not set."""
    needed = {
        MCP_AUTH0_CLIENT_ID: all(client.client_id for client in clients),
        MCP_AUTH0_CLIENT_SECRET: all(client.secret or client.private_key for client in clients),
    }
    return tuple(variable.name for variable, is_set in needed.items() if not is_set)


def _each(read: Variables, variable: Variable[Any], count: int, what: str) -> list[str]:
    """Return the variable's value for each client; empty ones if it is not set."""
    text = read.text(variable)
    if not text:
        return [""] * count
    values = [text] if count == 1 else text.split()  # a single value may hold spaces
    if len(values) != count:
        raise variable.mistake(
            f"must hold {count} {what} separated by spaces, in the order of the identifiers in AUTH0_AUDIENCE"
        )
    return values
