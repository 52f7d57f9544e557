from dataclasses import dataclass, field
from pathlib import Path

ADMINISTRATOR = "Tool Administrator"  # the role with all permissions
USER, USER_SCOPES = "Tool User", ("tool:whoami", "read:private")


@dataclass(frozen=True)
class LinkedClient:
    """An identifier of the MCP bridge as an API, and the client that may exchange tokens for that API."""

    identifier: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class TenantConfiguration:
    """The development tenant's configuration. The project's settings build it once, as LOCAL_TENANT."""

    issuer: str  # compared byte for byte, including the trailing slash
    bridges: tuple[LinkedClient, ...]  # usually one; more while clients move to another identifier
    api_audience: str  # identifier of the downstream API
    signing_key_file: Path  # RSA private key in PEM; made at the first start
    cimd_ca_file: Path | None  # if set, client metadata documents on loopback are fetched, and verified against this CA
    bridge_scopes: tuple[tuple[str, str], ...] = ()  # value, and what the consent page says it lets a client do
    api_scopes: tuple[tuple[str, str], ...] = ()
    client_documents: bool = False  # whether to fetch client ID metadata documents from the internet
    login_client_id: str = ""  # the public client for logins to the API's own pages; empty: no such client
    login_redirect_uris: tuple[str, ...] = ()
