"""Tokens with one fault each, really signed if that matters, and the reason for which each is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.refusals import Reason
from tests.issuer import BRIDGE_AUDIENCE, BRIDGE_CLIENT, Issuer, key_id, rsa_key
from tests.on_behalf_of.resource_server.judging import encoded

FUTURE = 4_102_444_800  # in the year 2100
DEEP = {"sub": "1", "act": {"sub": "2", "act": {"sub": "3", "act": {"sub": "4", "act": {"sub": "5", "act": {}}}}}}


@dataclass(frozen=True)
class Broken:
    reason: Reason
    about: str  # the claim or header member that the explanation names
    make: Callable[[Issuer], str]
    dialects: frozenset[TokenDialect] = frozenset(TokenDialect)
    policy: dict[str, Any] = field(default_factory=dict)


def claims(**changes: Any) -> Callable[[Issuer], str]:
    """Of RFC 9068, but for `changes`."""
    return lambda issuer: issuer.sign(issuer.claims(**changes))


def auth0(**changes: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.sign(issuer.auth0_claims(**changes), typ="JWT")


def header(**members: Any) -> Callable[[Issuer], str]:
    """A member given as None is left out."""

    def make(issuer: Issuer) -> str:
        good = {"alg": "RS256", "typ": "at+jwt", "kid": key_id(issuer.keys[0])}
        parts = {name: value for name, value in (good | members).items() if value is not None}
        return issuer.sign_raw(parts, issuer.claims(), issuer.keys[0])

    return make


def payload(change: Callable[[bytes], bytes]) -> Callable[[Issuer], str]:
    """Return a signed token whose claims were altered by `change`."""
    good = {"alg": "RS256", "typ": "at+jwt"}
    return lambda issuer: issuer.sign_raw(
        good | {"kid": key_id(issuer.keys[0])}, change(json.dumps(issuer.claims()).encode()), issuer.keys[0]
    )


def altered(change: Callable[[list[str]], list[str]]) -> Callable[[Issuer], str]:
    """Return a good token whose parts were changed after signing."""
    return lambda issuer: ".".join(change(issuer.token().split(".")))


def text(value: str) -> Callable[[Issuer], str]:
    return lambda _issuer: value


def of_another_issuer(issuer: Issuer) -> str:
    return issuer.sign(issuer.claims(iss="https://other.example/"), key=rsa_key("another issuer's"))


def with_secret(issuer: Issuer) -> str:
    return issuer.sign(issuer.claims(), key="a-shared-secret-of-thirty-two-bytes!", algorithm="HS256")


def unsigned(issuer: Issuer) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{encoded(issuer.claims())}."


R = Reason
ONLY_RFC9068, ONLY_AUTH0 = frozenset({TokenDialect.RFC9068}), frozenset({TokenDialect.AUTH0})
MACHINE = {"sub": "robot", "client_id": "robot"}
BROKEN: dict[str, Broken] = {
    "nothing": Broken(R.NO_TOKEN, "", text("")),
    "two words": Broken(R.MALFORMED_AUTHORIZATION, "", text("not a token")),
    "umlauts": Broken(R.MALFORMED_AUTHORIZATION, "", text("t\u00f6ken")),
    "two tokens": Broken(R.SEVERAL_AUTHORIZATIONS, "", text("one,two")),
    "17 KB": Broken(R.TOKEN_TOO_LONG, "", claims(note="x" * 17_000)),
    "opaque": Broken(R.NOT_A_JWT, "", text("v1-opaque_token")),
    "two parts": Broken(R.NOT_A_JWT, "", altered(lambda parts: parts[:2])),
    "JWE of five parts": Broken(
        R.NOT_A_JWT,
        "",
        text(f"{encoded({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.encrypted_key.vector.ciphertext.authentication_tag"),
    ),
    "padding": Broken(R.NOT_A_JWT, "", altered(lambda parts: [parts[0], parts[1], f"{parts[2]}="])),
    "header that is no JSON": Broken(R.NOT_A_JWT, "", altered(lambda parts: [encoded(b"{"), *parts[1:]])),
    "unsigned": Broken(R.NOT_A_JWT, "", unsigned),
    "alg none": Broken(R.ALGORITHM, "alg", header(alg="none")),
    "alg HS256": Broken(R.ALGORITHM, "alg", with_secret),
    "crit": Broken(R.CRITICAL_HEADER, "crit, b64", header(crit=["exp"])),
    "b64": Broken(R.CRITICAL_HEADER, "crit, b64", header(b64=False)),
    "typ of an ID token": Broken(R.TOKEN_TYPE, "typ", header(typ="id+jwt")),
    "typ of a DPoP proof": Broken(R.TOKEN_TYPE, "typ", header(typ="dpop+jwt")),
    "typ a number": Broken(R.TOKEN_TYPE, "typ", header(typ=7)),
    "Auth0's where RFC 9068 is wanted": Broken(R.DIALECT, "typ", auth0(), ONLY_RFC9068),
    "RFC 9068 where Auth0's is wanted": Broken(R.DIALECT, "typ", claims(), ONLY_AUTH0),
    "no kid": Broken(R.NO_KEY_ID, "kid", header(kid=None)),
    "kid empty": Broken(R.NO_KEY_ID, "kid", header(kid="")),
    "kid unknown": Broken(R.UNKNOWN_KEY, "kid", header(kid="another")),
    "another issuer's": Broken(R.UNKNOWN_KEY, "kid", of_another_issuer),
    "claims changed": Broken(R.SIGNATURE, "", altered(lambda parts: [parts[0], encoded({"sub": "me"}), parts[2]])),
    "signature cut": Broken(R.SIGNATURE, "", altered(lambda parts: [parts[0], parts[1], parts[2][:340]])),
    "claims no JSON": Broken(R.MALFORMED_CLAIMS, "", payload(lambda good: good[:-1])),
    "claims a list": Broken(R.MALFORMED_CLAIMS, "", payload(lambda good: b"[" + good + b"]")),
    "claim twice": Broken(R.MALFORMED_CLAIMS, "", payload(lambda good: b'{"sub":"me",' + good[1:])),
    "ID token": Broken(R.ID_TOKEN, "nonce, at_hash, c_hash, s_hash, events", auth0(nonce="n", aud="inspector")),
    "logout token": Broken(R.ID_TOKEN, "nonce, at_hash, c_hash, s_hash, events", auth0(events={})),
    "bound to a key": Broken(R.BOUND_TOKEN, "cnf", claims(cnf={"jkt": "x"})),
    "iss another": Broken(R.ISSUER, "iss", claims(iss="https://other.example/")),
    "iss without slash": Broken(R.ISSUER, "iss", lambda issuer: issuer.token(iss=issuer.url.rstrip("/"))),
    "iss missing": Broken(R.ISSUER, "iss", claims(iss=None)),
    "aud the bridge": Broken(R.AUDIENCE, "aud", claims(aud=BRIDGE_AUDIENCE)),
    "aud without slash": Broken(R.AUDIENCE, "aud", claims(aud="http://localhost:8787")),
    "ID token without nonce": Broken(R.AUDIENCE, "aud", auth0(aud="inspector", scope=None, email="a@example.com")),
    "aud missing": Broken(R.CLAIM, "aud", claims(aud=None)),
    "aud an object": Broken(R.CLAIM, "aud", claims(aud={})),
    "expired": Broken(R.EXPIRED, "exp", claims(iat=1_000_000, exp=1_000_300)),
    "exp missing": Broken(R.CLAIM, "exp", claims(exp=None)),
    "exp a string": Broken(R.CLAIM, "exp", claims(exp="4102444800")),
    "issued in the future": Broken(R.NOT_YET_VALID, "iat, nbf", claims(iat=FUTURE, exp=FUTURE + 60)),
    "nbf in the future": Broken(R.NOT_YET_VALID, "iat, nbf", claims(nbf=FUTURE, exp=FUTURE + 60)),
    "iat missing": Broken(R.CLAIM, "iat", claims(iat=None)),
    "nbf true": Broken(R.CLAIM, "nbf", claims(nbf=True)),
    "sub missing": Broken(R.CLAIM, "sub", claims(sub=None)),
    "sub of two lines": Broken(R.CLAIM, "sub", claims(sub="a\nb")),
    "client_id missing": Broken(R.CLAIM, "client_id", claims(client_id=None)),
    "azp missing": Broken(R.CLAIM, "azp", auth0(azp=None)),
    "scope a list": Broken(R.CLAIM, "scope", claims(scope=["read:private"])),
    "permissions a string": Broken(R.CLAIM, "permissions", claims(permissions="all")),
    "jti missing": Broken(R.CLAIM, "jti", claims(jti=None)),
    "act a string": Broken(R.ACTOR, "act", claims(act="bridge")),
    "act without sub": Broken(R.ACTOR, "act", claims(act={"client_id": "bridge"})),
    "act of six levels": Broken(R.ACTOR_DEPTH, "act", claims(act=DEEP)),
    "sub of zero width": Broken(R.CLAIM, "sub", claims(sub="\u200b")),
    "azp blank": Broken(R.CLAIM, "azp", auth0(azp="\u3164")),
    "kid blank": Broken(R.NO_KEY_ID, "kid", header(kid="\u00a0")),
    "act.sub blank": Broken(R.ACTOR, "act", claims(act={"sub": "\u2800"})),
    "client_id and azp differ": Broken(R.CLIENTS_DIFFER, "client_id, azp", claims(azp="another")),
    "azp and client_id differ": Broken(R.CLIENTS_DIFFER, "client_id, azp", auth0(client_id="another")),
    "org_id a number": Broken(R.CLAIM, "org_id", claims(org_id=7)),
    "sub_profile a list": Broken(R.CLAIM, "sub_profile", claims(sub_profile=["user"])),
    "client_profile too long": Broken(R.CLAIM, "client_profile", claims(client_profile="x" * 300)),
    "a machine's": Broken(R.MACHINE, "sub", claims(**MACHINE)),
    "another than the client acts": Broken(R.ACTOR_NOT_CLIENT, "act", claims(act={"sub": BRIDGE_CLIENT})),
    "not delegated": Broken(R.DELEGATION_REQUIRED, "act", claims(), policy={"require_delegation": True}),
    "a stranger acts": Broken(
        R.ACTOR_NOT_TRUSTED,
        "act",
        claims(client_id="stranger", act={"sub": "stranger", "act": {"sub": BRIDGE_CLIENT}}),
        policy={"trusted_actors": frozenset({BRIDGE_CLIENT})},
    ),
    "another organization": Broken(
        R.ORGANIZATION, "org_id", claims(org_id="org_b"), policy={"allowed_organizations": frozenset({"org_a"})}
    ),
}
