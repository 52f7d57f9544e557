"""Prove to the token endpoint that this server is its client."""

from __future__ import annotations

import base64
import time
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:  # processes that only read the settings do not load what signs
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 60  # seconds; Auth0 takes at most five minutes
MIN_KEY_BITS = 2048  # RFC 7518 §3.3


class AuthenticationMethod(StrEnum):
    """How the client authenticates. The names are those of token_endpoint_auth_method (RFC 7591 §2)."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a name
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105
    PRIVATE_KEY_JWT = "private_key_jwt"


@dataclass(frozen=True)
class Proof:
    """The parts of a request to the token endpoint that authenticate the client."""

    form: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ConfidentialClient:
    """This server as a client of the tenant (RFC 6749 §2.1). `secret` or `private_key` is needed, as `method` says."""

    client_id: str
    method: AuthenticationMethod = AuthenticationMethod.CLIENT_SECRET_POST
    secret: str = field(default="", repr=False)
    private_key: RSAPrivateKey | None = field(default=None, repr=False)
    key_id: str = ""  # the tenant's name for the key, if the tenant wants it repeated

    def proof(self, issuer: str) -> Proof:
        """Return the proof for one request; an assertion can be used only once."""
        match self.method:
            case AuthenticationMethod.CLIENT_SECRET_POST:
                return Proof({"client_id": self.client_id, "client_secret": self.secret})
            case AuthenticationMethod.CLIENT_SECRET_BASIC:
                # Form-encoded first (RFC 6749 §2.3.1). Some servers do not decode that, so a secret with a reserved
                # character fails with them. This is why client_secret_post is the default.
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
        """Return the secret in all forms in which it is sent; a server may repeat it in its answer."""
        return (self.secret, quote_plus(self.secret), self._pair()) if self.secret else ()

    def _pair(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return base64.b64encode(pair.encode()).decode()

    def _assertion(self, issuer: str) -> str:
        """Return a signed assertion (RFC 7523 §3). Its audience is the issuer, as Auth0 asks, so that no other server
        can use it.

        It has no `iat`, which the RFC does not require: Auth0 refuses one from a clock that is ten seconds ahead.
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
        import jwt  # verification has loaded it

        return jwt.encode(claims, self.private_key, algorithm="RS256", headers=headers)


def load_private_key(file: Path) -> RSAPrivateKey:
    """Return the RSA key in a PEM file. Raises ValueError; its text says what the setting of that file must name."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key is encrypted
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_KEY_BITS:
        raise ValueError(f"a readable PEM file with an RSA private key of {MIN_KEY_BITS} bits or more, not encrypted")
    return key
