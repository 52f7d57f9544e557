from dataclasses import dataclass, field

CALLBACK_PATH = "/login/callback"


@dataclass(frozen=True)
class BrowserLogin:
    """How people log in to the API's own pages: as which client, and what their tokens are sealed with.

    The client is public: it has no secret, and PKCE in place of it (RFC 7636, RFC 8252 §8.4).
    """

    client_id: str  # a client of the tenant with the redirect URI below
    base_url: str  # where browsers reach the API, without trailing slash
    scopes: tuple[tuple[str, str], ...]  # all that can be asked for: value, and what it lets its bearer do
    timeout: float = 10  # seconds for the exchange of a code
    tenant_logout_url: str = ""  # where the tenant's own login ends, if its metadata does not say
    session_key: bytes = field(default=b"", repr=False)  # 32 bytes: seals what a session holds (AES-256-GCM)

    @property
    def redirect_uri(self) -> str:
        """Built from configuration, never from the request's Host header, which the caller chooses."""
        return f"{self.base_url}{CALLBACK_PATH}"
