from dataclasses import dataclass, field
from pathlib import Path

ADMINISTRATOR = "Tool Administrator"  # the role that has every permission
USER, USER_SCOPES = "Tool User", ("tool:whoami", "read:private")


@dataclass(frozen=True)
class LinkedClient:
    """An identifier of the MCP bridge as an API, and the client that may exchange the tokens for it."""

    identifier: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class TenantConfiguration:
    """What the development tenant needs to know about the world, built once by `config.environment`."""

    issuer: str  # compared byte for byte by everyone, trailing slash included
    bridges: tuple[LinkedClient, ...]  # usually one; more while clients move to another identifier
    api_audience: str  # identifier of the downstream API
    signing_key_file: Path  # RSA private key in PEM; made at the first start
    cimd_ca_file: Path | None  # with it set, client metadata documents on loopback may be fetched, TLS verified
    bridge_scopes: tuple[tuple[str, str], ...] = ()  # value, and what the consent page says it lets a client do
    api_scopes: tuple[tuple[str, str], ...] = ()
    client_documents: bool = False  # whether client ID metadata documents are fetched, over the internet
    login_client_id: str = ""  # the public client by which people log in to the API's own pages; empty makes none
    login_redirect_uris: tuple[str, ...] = ()
