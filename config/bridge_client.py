"""The bridge as the tenant's client: its id, and one way to prove it. Each wrong combination has its own message.

A tenant links each client that exchanges tokens to one identifier, so there is one client for each identifier in
AUTH0_AUDIENCE, in the same order; usually just one.
"""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config.generated_secrets import kept_secret
from config.variables import Variables, refuse
from on_behalf_of.exchange.client_authentication import AuthenticationMethod, BridgeClient

ID, METHOD, SECRET = "MCP_AUTH0_CLIENT_ID", "MCP_AUTH0_CLIENT_AUTH_METHOD", "MCP_AUTH0_CLIENT_SECRET"
KEY_FILE, KEY_ID = "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE", "MCP_AUTH0_CLIENT_KEY_ID"
LOCAL_BRIDGE_CLIENT = "local-mcp-bridge"
MIN_KEY_BITS = 2048  # RFC 7518 §3.3


def read_bridge_clients(
    read: Variables, *, identifiers: int, is_local: bool, state_dir: Path
) -> tuple[BridgeClient, ...]:
    """Return as many clients as there are `identifiers`.

    Ids and secrets that are not set stay empty: only the bridge's own process needs them.
    """
    method = _method(read)
    has_key = method is AuthenticationMethod.PRIVATE_KEY_JWT
    if has_key and is_local:
        refuse(METHOD, "must be client_secret_post or client_secret_basic: the local tenant knows no keys of clients")
    secret, key_file = read.text(SECRET), read.file(KEY_FILE)
    if has_key and secret:
        refuse(SECRET, f"must not be set where {METHOD} is private_key_jwt: take it away, here and at the tenant")
    if has_key and key_file is None:
        refuse(KEY_FILE, f"is missing: {METHOD} is private_key_jwt, and the key signs what it sends")
    for name in (KEY_FILE, KEY_ID):
        if not has_key and read.text(name):
            refuse(name, f"has no effect unless {METHOD} is private_key_jwt")
    client_ids = _each(read, ID, identifiers, "client ids")
    secrets = _each(read, SECRET, identifiers, "secrets")
    key_ids = _each(read, KEY_ID, identifiers, "names")
    if is_local:
        client_ids = client_ids or [LOCAL_BRIDGE_CLIENT + _suffix(number) for number in range(identifiers)]
        if len(set(client_ids)) < identifiers:
            refuse(ID, "must name different clients: the local tenant links a client to one identifier")
        secrets = secrets or [
            kept_secret(state_dir / f"bridge_client_secret{_suffix(number)}") for number in range(identifiers)
        ]
    key = _private_key(key_file) if key_file else None  # shared: a public key can be registered at several clients
    unset = [""] * identifiers
    return tuple(
        BridgeClient(client_id=client_id, method=method, secret=secret, private_key=key, key_id=key_id)
        for client_id, secret, key_id in zip(client_ids or unset, secrets or unset, key_ids or unset, strict=True)
    )


def _each(read: Variables, name: str, count: int, what: str) -> list[str]:
    """Return the variable's value for each client; an empty list if it is not set."""
    text = read.text(name)
    values = [text] if text and count == 1 else text.split()  # a single value may hold spaces
    if values and len(values) != count:
        refuse(name, f"must hold {count} {what} separated by spaces, in the order of the identifiers in AUTH0_AUDIENCE")
    return values


def _suffix(number: int) -> str:
    return f"-{number + 1}" if number else ""


def missing_variables(clients: tuple[BridgeClient, ...]) -> tuple[str, ...]:
    """Return the names of variables that the bridge's own process needs and that are not set."""
    needed = {
        ID: all(client.client_id for client in clients),
        SECRET: all(client.secret or client.private_key for client in clients),
    }
    return tuple(name for name, is_set in needed.items() if not is_set)


def _method(read: Variables) -> AuthenticationMethod:
    try:
        return AuthenticationMethod(read.text(METHOD) or AuthenticationMethod.CLIENT_SECRET_POST)
    except ValueError:
        refuse(METHOD, f"must be {', '.join(AuthenticationMethod)}, the first where it is not set")


def _private_key(file: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_KEY_BITS:
        refuse(KEY_FILE, f"must name a readable PEM file with an RSA private key of {MIN_KEY_BITS} bits or more, "
               "not encrypted")  # fmt: skip
    return key
