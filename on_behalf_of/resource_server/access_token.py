import base64
import hashlib
import re
from dataclasses import InitVar, dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.resource_server import claims as read
from on_behalf_of.resource_server.actor import Actor, parse_actor
from on_behalf_of.resource_server.claims import Claims
from on_behalf_of.resource_server.errors import InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import TokenDialect, TokenRules

MAX_TOKEN_LENGTH = 16_384  # characters
ALGORITHM = "RS256"  # from here, never from the token (RFC 8725 §3.1)
# `typ` separates access tokens from all other JWTs (RFC 9068 §4, RFC 8725 §3.11); Auth0's dialect says JWT or nothing.
DIALECT_OF_TYPE = {"at+jwt": TokenDialect.RFC9068, "jwt": TokenDialect.AUTH0}
# Claims of ID tokens and logout tokens (OpenID Connect Core §2, §3.3.2.11, Back-Channel Logout §2.4).
ID_TOKEN_MARKS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")  # RFC 7515 §7.1
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
_VERIFIED = object()


class KeySource(Protocol):
    def key(self, key_id: str) -> RSAPublicKey:
        """The issuer's public key of that name. Raises InvalidToken or KeysUnavailable."""


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """An access token that was verified: only `verify_access_token` makes one. Times are seconds since the epoch."""

    issuer: str
    subject: str
    client_id: str
    audience: tuple[str, ...]
    scopes: frozenset[str]
    permissions: frozenset[str] | None  # what the user's roles allow; None where the issuer does not say
    issued_at: float
    expires_at: float
    not_before: float | None
    jwt_id: str | None
    digest: str  # SHA-256 of the token, hexadecimal: names it where jwt_id is missing, and never gives it away
    actor: Actor | None
    organization: str | None
    sub_profile: tuple[str, ...]
    client_profile: tuple[str, ...]
    is_machine: bool  # a client speaks for itself; there is no user
    dialect: TokenDialect
    verified: InitVar[object]

    def __post_init__(self, verified: object) -> None:
        if verified is not _VERIFIED:
            raise TypeError("an AccessToken comes from verify_access_token only")


def verify_access_token(token: str, *, rules: TokenRules, keys: KeySource, now: float) -> AccessToken:
    """Verify an access token as RFC 9068 §4 and RFC 8725 §3 ask.

    `now` is seconds since the epoch. Raises InvalidToken with the reason, or KeysUnavailable where nobody can tell.
    Not checked: scopes (each operation has its own), who may present the token (`check_caller`), revocation, and
    whether the caller is the token's client; a token that is bound to its caller (`cnf`) is refused for that.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken(Reason.TOKEN_TOO_LONG)
    segments = _COMPACT.fullmatch(token)
    if not segments:
        raise InvalidToken(Reason.NOT_A_JWT)
    header, payload, signature = (_decoded(segment) for segment in segments.groups())
    key_id, dialect = _header(header, rules)
    # PyJWT's algorithm, not its decode(): that would parse the token again, and take the last of duplicate members.
    if not _RS256.verify(token[: segments.end(2)].encode(), keys.key(key_id), signature):
        raise InvalidToken(Reason.SIGNATURE)
    try:
        claims = parse_object(payload)
    except MalformedJson as error:
        raise InvalidToken(Reason.MALFORMED_CLAIMS) from error
    _check_kind(claims, dialect)
    _check_issuer_and_audience(claims, rules)
    _check_times(claims, now=now, leeway=rules.leeway)
    return _access_token(claims, dialect, digest=hashlib.sha256(token.encode()).hexdigest())


def _decoded(segment: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as error:
        raise InvalidToken(Reason.NOT_A_JWT) from error
    # Other spellings of the same bytes would be other tokens to whoever counts them by their digest.
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment.encode():
        raise InvalidToken(Reason.NOT_A_JWT)
    return data


def _header(document: bytes, rules: TokenRules) -> tuple[str, TokenDialect]:
    try:
        header = parse_object(document)
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
    if dialect not in rules.dialects:
        raise InvalidToken(Reason.DIALECT)
    # jku, x5u, jwk and x5c would let the sender choose the key; they are never looked at (RFC 8725 §3.10).
    if not read.is_identifier(header.get("kid")):
        raise InvalidToken(Reason.NO_KEY_ID)
    return str(header["kid"]), dialect


def _check_kind(claims: Claims, dialect: TokenDialect) -> None:
    if dialect is TokenDialect.AUTH0 and not ID_TOKEN_MARKS.isdisjoint(claims):
        raise InvalidToken(Reason.ID_TOKEN)
    if "cnf" in claims:  # whoever presents it as a mere bearer token may not be the one it is bound to (RFC 7800 §3)
        raise InvalidToken(Reason.BOUND_TOKEN)


def _check_issuer_and_audience(claims: Claims, rules: TokenRules) -> None:
    if claims.get("iss") != rules.issuer:
        raise InvalidToken(Reason.ISSUER)
    if not set(rules.audiences).intersection(read.audience(claims)):
        raise InvalidToken(Reason.AUDIENCE)


def _check_times(claims: Claims, *, now: float, leeway: int) -> None:
    if now >= read.numeric_date(claims, "exp") + leeway:
        raise InvalidToken(Reason.EXPIRED)
    if read.numeric_date(claims, "iat") > now + leeway:
        raise InvalidToken(Reason.NOT_YET_VALID)
    if "nbf" in claims and read.numeric_date(claims, "nbf") > now + leeway:
        raise InvalidToken(Reason.NOT_YET_VALID)


def _access_token(claims: Claims, dialect: TokenDialect, *, digest: str) -> AccessToken:
    is_rfc9068 = dialect is TokenDialect.RFC9068
    subject = read.identifier(claims, "sub")
    client_id = read.identifier(claims, "client_id" if is_rfc9068 else "azp")
    other = "azp" if is_rfc9068 else "client_id"  # either may stand beside the dialect's own claim
    if other in claims and read.identifier(claims, other) != client_id:
        raise InvalidToken(Reason.CLIENTS_DIFFER)
    return AccessToken(
        issuer=claims["iss"],
        subject=subject,
        client_id=client_id,
        audience=read.audience(claims),
        scopes=read.scopes(claims),
        permissions=read.permissions(claims),
        issued_at=read.numeric_date(claims, "iat"),
        expires_at=read.numeric_date(claims, "exp"),
        not_before=read.numeric_date(claims, "nbf") if "nbf" in claims else None,
        jwt_id=read.identifier(claims, "jti") if is_rfc9068 else read.optional_identifier(claims, "jti"),
        digest=digest,
        actor=parse_actor(claims["act"]) if "act" in claims else None,
        organization=read.optional_identifier(claims, "org_id"),
        sub_profile=read.profile(claims, "sub_profile"),
        client_profile=read.profile(claims, "client_profile"),
        # RFC 9068 §5: with client credentials, sub names the client; Auth0 appends @clients to it.
        is_machine=subject in {client_id, f"{client_id}@clients"} or claims.get("gty") == "client-credentials",
        dialect=dialect,
        verified=_VERIFIED,
    )
