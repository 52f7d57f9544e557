"""How a tenant checks client authentication (RFC 6749 §2.3.1, RFC 7523 §3)."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote_plus

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.issuer import BRIDGE_CLIENT
from tests.loopback_server import Received

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_SECRET = "the-secret-of-the-bridge"
OLD_CLIENT, OLD_SECRET = "old-bridge-client", "the-secret-of-the-old-client"  # linked to another identifier


@dataclass(frozen=True)
class ClientProofs:
    issuer: str
    key: RSAPublicKey
    used: set[str]  # ids of assertions that were seen

    def client(self, received: Received, form: dict[str, str]) -> str | None:
        basic = received.headers.get("Authorization", "")
        methods = [bool(basic), "client_secret" in form, "client_assertion" in form]
        if methods.count(True) != 1:  # RFC 6749 §2.3: never more than one
            return None
        if basic:
            name, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
            return self._by_secret(unquote_plus(name), unquote_plus(secret))
        if "client_secret" in form:
            return self._by_secret(form["client_id"], form["client_secret"])
        return self._by_assertion(form)

    def _by_secret(self, name: str, secret: str) -> str | None:
        return name if {BRIDGE_CLIENT: CLIENT_SECRET, OLD_CLIENT: OLD_SECRET}.get(name) == secret else None

    def _by_assertion(self, form: dict[str, str]) -> str | None:
        if form["client_assertion_type"] != ASSERTION_TYPE:
            return None
        try:
            claims = jwt.decode(
                form["client_assertion"],
                self.key,
                algorithms=["RS256"],
                audience=self.issuer,
                issuer=BRIDGE_CLIENT,
                subject=BRIDGE_CLIENT,
                options={"require": ["iss", "sub", "aud", "jti", "exp"]},
            )
        except jwt.InvalidTokenError:
            return None
        if claims["aud"] != self.issuer or claims["jti"] in self.used:
            return None
        self.used.add(claims["jti"])
        return BRIDGE_CLIENT
