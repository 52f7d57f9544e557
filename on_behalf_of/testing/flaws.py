"""Tokens with a single flaw, for tests that an API refuses them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from on_behalf_of.resource_server.refusals import Reason
from on_behalf_of.testing.signing_keys import key_id, rsa_key

if TYPE_CHECKING:
    from on_behalf_of.testing.fake_issuer import FakeIssuer

HOUR = 3_600  # seconds; far more than any leeway


class Flaw(StrEnum):
    """What is wrong with a token: `@pytest.mark.parametrize("flaw", Flaw)`."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    OTHER_AUDIENCE = "other audience"
    OTHER_ISSUER = "other issuer"
    WRONG_KEY = "wrong key"  # the kid is published, but another key signed
    UNKNOWN_KEY = "unknown key"  # the kid is not published
    UNSIGNED = "unsigned"  # alg none, without a signature (RFC 8725 §2.1)
    PUBLIC_KEY_AS_SECRET = "public key as secret"  # noqa: S105 - HS256 with the published key (RFC 8725 §2.1)
    TAMPERED = "tampered"  # claims changed after they were signed

    @property
    def reason(self) -> str:
        """The code that this library's refusal carries as `reason`."""
        return _REASONS[self].value


_REASONS = {
    Flaw.EXPIRED: Reason.EXPIRED,
    Flaw.NOT_YET_VALID: Reason.NOT_YET_VALID,
    Flaw.OTHER_AUDIENCE: Reason.AUDIENCE,
    Flaw.OTHER_ISSUER: Reason.ISSUER,
    Flaw.WRONG_KEY: Reason.SIGNATURE,
    Flaw.UNKNOWN_KEY: Reason.UNKNOWN_KEY,
    Flaw.UNSIGNED: Reason.NOT_A_JWT,
    Flaw.PUBLIC_KEY_AS_SECRET: Reason.ALGORITHM,
    Flaw.TAMPERED: Reason.SIGNATURE,
}


def spoil(flaw: Flaw, issuer: FakeIssuer, asked: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one for each flaw
    """Return a token with that flaw; `asked` are the arguments of `FakeIssuer.token`."""
    match flaw:
        case Flaw.EXPIRED:
            return issuer.token(**{**asked, "lifetime": -HOUR})
        case Flaw.NOT_YET_VALID:
            return issuer.token(**asked, nbf=issuer.claims()["iat"] + HOUR)
        case Flaw.OTHER_AUDIENCE:
            return issuer.token(**{**asked, "audience": "https://another-audience.example/"})
        case Flaw.OTHER_ISSUER:
            return issuer.token(**asked, iss="https://another-issuer.example/")
        case Flaw.WRONG_KEY:
            header, claims, _ = _parts(issuer.token(**asked))
            return issuer.sign_raw(_decoded(header), _decoded(claims), rsa_key("another issuer's"))
        case Flaw.UNKNOWN_KEY:
            return issuer.sign(_claims(issuer.token(**asked)), key=rsa_key("another issuer's"))
        case Flaw.UNSIGNED:
            return f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{_parts(issuer.token(**asked))[1]}."
        case Flaw.PUBLIC_KEY_AS_SECRET:
            return _signed_with_public_key(issuer, _parts(issuer.token(**asked))[1])
        case Flaw.TAMPERED:
            header, claims, signature = _parts(issuer.token(**asked))
            changed = json.loads(_decoded(claims)) | {"sub": "somebody-else"}
            return f"{header}.{_encoded(changed)}.{signature}"


def _signed_with_public_key(issuer: FakeIssuer, claims: str) -> str:
    """Sign by hand, because PyJWT refuses to use a public key as a secret."""
    key = issuer.keys[-1]
    signing_input = f"{_encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key_id(key)})}.{claims}"
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signing_input}.{_encoded(hmac.digest(secret, signing_input.encode(), hashlib.sha256))}"


def _parts(token: str) -> tuple[str, str, str]:
    header, claims, signature = token.split(".")
    return header, claims, signature


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_decoded(_parts(token)[1]))
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: bytes | dict[str, Any]) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
