from dataclasses import dataclass, field

CALLBACK_PATH = "/login/callback"


@dataclass(frozen=True)
class BrowserLogin:
    """How people log in to the API's own pages: by which client, and with which key their tokens are sealed.

    The client is public: it has no secret and uses PKCE instead (RFC 7636, RFC 8252 §8.4).
    """

    client_id: str  # a client of the tenant with the redirect URI below
    base_url: str  # where browsers reach the API, without trailing slash
    scopes: tuple[tuple[str, str], ...]  # all that can be requested: value, and what it allows
    timeout: float = 10  # seconds for the exchange of a code
    tenant_logout_url: str = ""  # where users log out of the tenant, if its metadata does not say
    session_key: bytes = field(default=b"", repr=False)  # 32 bytes; seals the tokens in sessions (AES-256-GCM)

    @property
    def redirect_uri(self) -> str:
        """Built from configuration, never from the request's Host header, which the caller chooses."""
        return f"{self.base_url}{CALLBACK_PATH}"
