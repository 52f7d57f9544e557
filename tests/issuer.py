"""The library's issuer for tests, with this project's names, and a token endpoint for the login at the API's pages."""

import base64
import hashlib
import json
from contextlib import AbstractContextManager
from typing import Any

from on_behalf_of.testing.served_issuer import Answer, ServedIssuer
from on_behalf_of.testing.signing_keys import key_id, public_jwk, rsa_key

__all__ = ["Issuer", "key_id", "public_jwk", "rsa_key", "serving_issuer"]

BRIDGE_AUDIENCE = "http://localhost:3001/mcp"
API_AUDIENCE = "http://localhost:8787/"
BRIDGE_CLIENT = "bridge-client"


class Issuer(ServedIssuer):
    """Signs tokens for the reference API, as an Auth0 tenant would."""

    def __init__(self, url: str = "https://tenant.example/") -> None:
        super().__init__(url, API_AUDIENCE, client_id="inspector", scopes=["read:private"])
        self.codes: dict[str, tuple[str, str]] = {}  # code -> its S256 challenge, and the token that it is good for
        self.token_answer: Answer | None = None  # what the token endpoint answers instead, if set
        self.redeemed: list[dict[str, str]] = []  # what was sent to the token endpoint

    def auth0_claims(self, **changes: Any) -> dict[str, Any]:
        """Claims in Auth0's own dialect; sign them with typ="JWT"."""
        return self.claims(dialect="auth0", **changes)

    def delegated_token(self, **changes: Any) -> str:
        """Token B: the API's, for the same user, with the bridge as current actor for the original client."""
        return self.token(actor=BRIDGE_CLIENT, **changes)

    def answer_post(self, path: str, form: dict[str, str]) -> Answer:
        return self.token_answer or self.redeem(form)

    def redeem(self, form: dict[str, str]) -> Answer:
        """Exchange a code for a token, once, and only with the right verifier (RFC 7636 §4.6)."""
        self.redeemed.append(form)
        challenge, token = self.codes.pop(form.get("code", ""), ("", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return 400, b'{"error": "invalid_grant"}'
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 300}).encode()


def serving_issuer() -> AbstractContextManager[Issuer]:
    """Serve an issuer on a free local port. `answers` replaces its responses, and `is_hanging` makes it silent."""
    return Issuer().serving()
