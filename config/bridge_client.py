"""The bridge as the tenant's client: its id, and one way to prove it. Each wrong combination has its sentence."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config.generated_secrets import kept_secret
from config.variables import Variables, refuse
from mcp_bridge.exchange.client_authentication import AuthenticationMethod, BridgeClient

ID, METHOD, SECRET = "MCP_AUTH0_CLIENT_ID", "MCP_AUTH0_CLIENT_AUTH_METHOD", "MCP_AUTH0_CLIENT_SECRET"
KEY_FILE, KEY_ID = "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE", "MCP_AUTH0_CLIENT_KEY_ID"
LOCAL_BRIDGE_CLIENT = "local-mcp-bridge"
MIN_KEY_BITS = 2048  # RFC 7518 §3.3


def read_bridge_client(read: Variables, *, is_local: bool, state_dir: Path) -> BridgeClient:
    """Id and secret stay empty where they are not set, for only the bridge's own process needs them."""
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
    if is_local and not secret:
        secret = kept_secret(state_dir / "bridge_client_secret")
    return BridgeClient(
        client_id=read.text(ID) or (LOCAL_BRIDGE_CLIENT if is_local else ""),
        method=method,
        secret=secret,
        private_key=_private_key(key_file) if key_file else None,
        key_id=read.text(KEY_ID),
    )


def missing_variables(client: BridgeClient) -> tuple[str, ...]:
    """What the bridge's own process needs and nobody set."""
    needed = {ID: client.client_id, SECRET: client.secret or client.private_key}
    return tuple(name for name, value in needed.items() if not value)


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
