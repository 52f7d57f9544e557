"""How the bridge proves to the token endpoint that it is its client."""

import base64
import time
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote_plus

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 60  # seconds; Auth0 takes at most five minutes
MIN_KEY_BITS = 2048  # RFC 7518 §3.3


class AuthenticationMethod(StrEnum):
    """The names are those of the registry for token_endpoint_auth_method (RFC 7591 §2)."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a name
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105
    PRIVATE_KEY_JWT = "private_key_jwt"


@dataclass(frozen=True)
class Proof:
    """What a request to the token endpoint carries to authenticate the client."""

    form: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ConfidentialClient:
    """The bridge as the tenant knows it. What its method needs must be there; nothing else is looked at."""

    client_id: str
    method: AuthenticationMethod = AuthenticationMethod.CLIENT_SECRET_POST
    secret: str = field(default="", repr=False)
    private_key: RSAPrivateKey | None = field(default=None, repr=False)
    key_id: str = ""  # the name that the tenant gave to the key, where it wants it repeated

    def proof(self, issuer: str) -> Proof:
        """For one request: an assertion is good for one only."""
        match self.method:
            case AuthenticationMethod.CLIENT_SECRET_POST:
                return Proof({"client_id": self.client_id, "client_secret": self.secret})
            case AuthenticationMethod.CLIENT_SECRET_BASIC:
                # Form-encoded first (RFC 6749 §2.3.1). Some servers do not undo that, so that a secret with a
                # reserved character works with half of them; hence client_secret_post where nothing is said.
                return Proof(headers={"Authorization": f"Basic {self._pair()}"})
            case AuthenticationMethod.PRIVATE_KEY_JWT:
                assertion = self._assertion(issuer)
                return Proof(
                    {
                        "client_id": self.client_id,
                        "client_assertion_type": ASSERTION_TYPE,
                        "client_assertion": assertion,
                    }
                )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret in all forms in which it is sent; a server may repeat it in its answer."""
        return (self.secret, quote_plus(self.secret), self._pair()) if self.secret else ()

    def _pair(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return base64.b64encode(pair.encode()).decode()

    def _assertion(self, issuer: str) -> str:
        """RFC 7523 §3. The audience is the issuer, as Auth0 asks: no other server can use what one has received.

        Without `iat`, which the RFC does not want: Auth0 refuses one from a clock that is ten seconds ahead.
        """
        if self.private_key is None:
            raise ValueError("private_key_jwt needs a private key")
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": issuer,
            "jti": str(uuid.uuid4()),
            "exp": int(time.time()) + ASSERTION_LIFETIME,
        }
        headers = {"kid": self.key_id} if self.key_id else None
        return jwt.encode(claims, self.private_key, algorithm="RS256", headers=headers)


def load_private_key(file: Path) -> RSAPrivateKey:
    """Return the RSA key in a PEM file. Raises ValueError; its text is what the setting of that file must name."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_KEY_BITS:
        raise ValueError(f"a readable PEM file with an RSA private key of {MIN_KEY_BITS} bits or more, not encrypted")
    return key
