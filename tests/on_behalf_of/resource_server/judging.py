"""Helpers to verify tokens in tests: one issuer, its keys, and the reason why a token is refused."""

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.json_web_key_set import usable_keys
from on_behalf_of.resource_server.refusals import DESCRIPTIONS, InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import TokenRules, verify_access_token
from tests.issuer import API_AUDIENCE, Issuer, key_id

ISSUER = Issuer()
RULES = TokenRules(ISSUER.url, API_AUDIENCE)
GOOD_HEADER: dict[str, Any] = {"alg": "RS256", "typ": "at+jwt", "kid": key_id(ISSUER.keys[0])}


class PublishedKeys:
    """The keys that `issuer` publishes, without HTTP. `asked_for` are the key ids that were looked up."""

    def __init__(self, issuer: Issuer) -> None:
        self.asked_for: list[str] = []
        self._keys = usable_keys(issuer.documents()["/.well-known/jwks.json"])

    def key(self, key_id: str) -> RSAPublicKey:
        self.asked_for.append(key_id)
        if key_id not in self._keys:
            raise InvalidToken(Reason.UNKNOWN_KEY)
        return self._keys[key_id]


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def verified(token: str, *, rules: TokenRules = RULES, now: float | None = None) -> AccessToken:
    return verify_access_token(token, rules=rules, keys=PublishedKeys(ISSUER), now=time.time() if now is None else now)


def refusal(token: str, *, rules: TokenRules = RULES, now: float | None = None) -> Reason:
    """Return why `token` is refused. RFC 6750 §3.1: every such refusal is a 401 with invalid_token."""
    with pytest.raises(InvalidToken) as refused:
        verified(token, rules=rules, now=now)
    assert (refused.value.status, refused.value.error) == (401, "invalid_token")
    assert refused.value.description.startswith(DESCRIPTIONS[refused.value.reason])
    return refused.value.reason


def claims_refusal(**changes: Any) -> Reason:
    """Return why a good token with `changes` to its claims is refused."""
    return refusal(ISSUER.sign_raw(GOOD_HEADER, ISSUER.claims(**changes), ISSUER.keys[0]))


def header_refusal(**header: Any) -> Reason:
    """Return why a good token with another header is refused. A member given as None is left out."""
    members = {name: value for name, value in (GOOD_HEADER | header).items() if value is not None}
    return refusal(ISSUER.sign_raw(members, ISSUER.claims(), ISSUER.keys[0]))


def encoded(part: Any) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
