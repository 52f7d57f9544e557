"""Which access tokens a protected resource accepts: the options, and every rule that verifies a token."""

import hashlib
import re
from binascii import a2b_base64
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from on_behalf_of.primitives.blank import is_blank
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.resource_server import claims as read
from on_behalf_of.resource_server.access_token import VERIFIED, AccessToken, TokenDialect
from on_behalf_of.resource_server.actor import parse_actor
from on_behalf_of.resource_server.claims import Claims
from on_behalf_of.resource_server.refusals import InvalidToken, Reason

MAX_LEEWAY = 60
MAX_TOKEN_LENGTH = 16_384  # characters
ALGORITHM = "RS256"  # never taken from the token (RFC 8725 §3.1)
# `typ` distinguishes access tokens from other JWTs (RFC 9068 §4, RFC 8725 §3.11); Auth0's dialect has JWT or no `typ`.
DIALECT_OF_TYPE = {"at+jwt": TokenDialect.RFC9068, "jwt": TokenDialect.AUTH0}
# Claims of ID tokens and logout tokens (OpenID Connect Core §2, §3.3.2.11, Back-Channel Logout §2.4).
ID_TOKEN_MARKS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")  # RFC 7515 §7.1
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
_BASE64 = bytes.maketrans(b"-_", b"+/")
# By the characters after the last group of four: the last characters whose unused bits are zero (RFC 4648 §3.5).
_LAST = {2: "AQgw", 3: "AEIMQUYcgkosw048"}
COMMON_HEADER = 512  # characters; tokens of one issuer and key have the same header, and it is seldom half as long


class KeySource(Protocol):
    def key(self, key_id: str) -> RSAPublicKey:
        """Return the issuer's public key named `key_id`. Raises InvalidToken or KeysUnavailable."""


@dataclass(frozen=True)
class TokenRules:
    """Which access tokens a protected resource accepts."""

    issuer: str  # compared byte for byte
    audience: str  # this resource's identifier, compared byte for byte
    dialects: frozenset[TokenDialect] = frozenset(TokenDialect)
    leeway: int = 30  # seconds that the issuer's clock may differ from ours
    other_audiences: tuple[str, ...] = ()  # further identifiers of this resource, while clients move to `audience`

    @property
    def audiences(self) -> tuple[str, ...]:
        """Return every identifier of this resource; a token must name one of them."""
        return (self.audience, *self.other_audiences)

    def __post_init__(self) -> None:
        if is_blank(self.issuer) or any(map(is_blank, self.audiences)):
            raise ValueError("issuer and audience must not be empty")
        if not self.dialects:
            raise ValueError("at least one token dialect must be accepted")
        if not 0 <= self.leeway <= MAX_LEEWAY:
            raise ValueError(f"leeway must be 0 to {MAX_LEEWAY} seconds")


def verify_access_token(token: str, *, rules: TokenRules, keys: KeySource, now: float, digest: str = "") -> AccessToken:
    """Verify an access token as RFC 9068 §4 and RFC 8725 §3 require.

    `now` is in seconds since the epoch, `digest` the token's SHA-256 if the caller knows it. Raises InvalidToken with
    the reason, or KeysUnavailable if the keys cannot be fetched. Not checked: scopes (each operation has its own), who
    may present the token (`check_caller`), revocation, and whether the caller is the token's client. For this reason,
    a token that is bound to its client (`cnf`) is refused.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken(Reason.TOKEN_TOO_LONG)
    segments = _COMPACT.fullmatch(token)
    if not segments:
        raise InvalidToken(Reason.NOT_A_JWT)
    header, payload, signature = segments[1], _decoded(segments[2]), _decoded(segments[3])
    read_header = _common_header if len(header) <= COMMON_HEADER else _header
    key_id, dialect = read_header(header, rules.dialects)
    # PyJWT's algorithm, not its decode(), which would parse the token again and take the last of duplicate members.
    if not _RS256.verify(token[: segments.end(2)].encode(), keys.key(key_id), signature):
        raise InvalidToken(Reason.SIGNATURE)
    try:
        claims = parse_object(payload)
    except MalformedJson as error:
        raise InvalidToken(Reason.MALFORMED_CLAIMS) from error
    _check_kind(claims, dialect)
    audience = _checked_audience(claims, rules)
    times = _checked_times(claims, now=now, leeway=rules.leeway)
    digest = digest or hashlib.sha256(token.encode()).hexdigest()
    return _access_token(claims, dialect, audience, times, digest=digest)


def _decoded(segment: str) -> bytes:
    whole = len(segment) % 4
    # Another spelling of the same bytes would have another digest, and tokens are identified by their digest.
    if whole in _LAST and segment[-1] not in _LAST[whole]:
        raise InvalidToken(Reason.NOT_A_JWT)
    try:
        return a2b_base64(segment.encode().translate(_BASE64) + b"=" * (-whole % 4))
    except ValueError as error:
        raise InvalidToken(Reason.NOT_A_JWT) from error


def _header(segment: str, dialects: frozenset[TokenDialect]) -> tuple[str, TokenDialect]:
    try:
        header = parse_object(_decoded(segment))
    except MalformedJson as error:
        raise InvalidToken(Reason.NOT_A_JWT) from error
    if header.get("alg") != ALGORITHM:
        raise InvalidToken(Reason.ALGORITHM)
    if "crit" in header or "b64" in header:  # RFC 7515 §4.1.11: refuse extensions that are not understood
        raise InvalidToken(Reason.CRITICAL_HEADER)
    kind = header.get("typ", "JWT")
    dialect = DIALECT_OF_TYPE.get(kind.lower().removeprefix("application/")) if isinstance(kind, str) else None
    if dialect is None:
        raise InvalidToken(Reason.TOKEN_TYPE)
    if dialect not in dialects:
        raise InvalidToken(Reason.DIALECT)
    # jku, x5u, jwk and x5c would let the sender choose the key; they are ignored (RFC 8725 §3.10).
    if not read.is_identifier(header.get("kid")):
        raise InvalidToken(Reason.NO_KEY_ID)
    return str(header["kid"]), dialect


_common_header = lru_cache(maxsize=64)(
    _header
)  # it depends on nothing else, and says nothing about the token's validity


def _check_kind(claims: Claims, dialect: TokenDialect) -> None:
    if dialect is TokenDialect.AUTH0 and not ID_TOKEN_MARKS.isdisjoint(claims):
        raise InvalidToken(Reason.ID_TOKEN)
    if "cnf" in claims:  # a bearer may not be the party that the token is bound to (RFC 7800 §3)
        raise InvalidToken(Reason.BOUND_TOKEN)


def _checked_audience(claims: Claims, rules: TokenRules) -> tuple[str, ...]:
    if claims.get("iss") != rules.issuer:
        raise InvalidToken(Reason.ISSUER)
    audience = read.audience(claims)
    if rules.audience not in audience and not set(rules.other_audiences).intersection(audience):
        raise InvalidToken(Reason.AUDIENCE)
    return audience


_Value = TypeVar("_Value", bound=Hashable)


class _Times(NamedTuple):
    expires_at: float
    issued_at: float
    not_before: float | None


def _checked_times(claims: Claims, *, now: float, leeway: int) -> _Times:
    expires_at = read.numeric_date(claims, "exp")
    if now >= expires_at + leeway:
        raise InvalidToken(Reason.EXPIRED)
    issued_at = read.numeric_date(claims, "iat")
    if issued_at > now + leeway:
        raise InvalidToken(Reason.NOT_YET_VALID)
    not_before = read.numeric_date(claims, "nbf") if "nbf" in claims else None
    if not_before is not None and not_before > now + leeway:
        raise InvalidToken(Reason.NOT_YET_VALID)
    return _Times(expires_at, issued_at, not_before)


@lru_cache(maxsize=1_000)
def _shared(value: _Value) -> _Value:
    """Return one object for all equal ones. Ten thousand remembered tokens take half as much memory with it."""
    return value


def _access_token(
    claims: Claims, dialect: TokenDialect, audience: tuple[str, ...], times: _Times, *, digest: str
) -> AccessToken:
    is_rfc9068 = dialect is TokenDialect.RFC9068
    subject = read.identifier(claims, "sub")
    client_id = read.identifier(claims, "client_id" if is_rfc9068 else "azp")
    other = "azp" if is_rfc9068 else "client_id"  # a token may have both
    if other in claims and read.identifier(claims, other) != client_id:
        raise InvalidToken(Reason.CLIENTS_DIFFER)
    return AccessToken(
        issuer=_shared(claims["iss"]),
        subject=subject,
        client_id=_shared(client_id),
        audience=_shared(audience),
        scopes=read.scopes(claims),
        permissions=read.permissions(claims),
        issued_at=times.issued_at,
        expires_at=times.expires_at,
        not_before=times.not_before,
        jwt_id=read.identifier(claims, "jti") if is_rfc9068 else read.optional_identifier(claims, "jti"),
        digest=digest,
        actor=_shared(parse_actor(claims["act"])) if "act" in claims else None,
        organization=read.optional_identifier(claims, "org_id"),
        sub_profile=read.profile(claims, "sub_profile"),
        client_profile=read.profile(claims, "client_profile"),
        # With client credentials, sub names the client (RFC 9068 §5); Auth0 appends @clients.
        is_machine=subject in (client_id, f"{client_id}@clients") or claims.get("gty") == "client-credentials",
        dialect=dialect,
        verified=VERIFIED,
    )
