"""What to do about a refused token: one sentence for each reason, more precise if the token shows more.

The sentences quote values of the token, which `shown` makes safe. They are for the person who holds the token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from on_behalf_of.resource_server.claims import numeric_date
from on_behalf_of.resource_server.refusals import BearerTokenError, InvalidToken, Reason
from on_behalf_of.resource_server.token_parts import TokenParts, duration, shown
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH, TokenRules

SIGNED_PARTS, ENCRYPTED_PARTS = 3, 5  # RFC 7515 §7.1, RFC 7516 §7.1
MARKS_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "email", "auth_time")


@dataclass(frozen=True)
class Circumstances:
    """What is known in addition to the reason."""

    rules: TokenRules
    parts: TokenParts
    now: float  # seconds since the epoch
    neighbours: Mapping[str, str] = field(
        default_factory=dict
    )  # audience of another service -> what to do with its token


def remedy(error: BearerTokenError, seen: Circumstances) -> str:
    """Return what the holder of the token, or the operator of the service, can do."""
    if closer := _CLOSER.get(error.reason):
        return closer(seen)
    if isinstance(error, InvalidToken) and error.claim:
        return _claim(error.claim, seen)
    return REMEDIES[error.reason]


REMEDIES = {
    Reason.NO_TOKEN: "The input is empty: give the token on standard input, and nothing else.",
    Reason.MALFORMED_AUTHORIZATION: "It contains characters that no token has: copy the token again, all of it.",
    Reason.SEVERAL_AUTHORIZATIONS: "It contains a comma, as between two tokens: copy only one of them.",
    Reason.TOKEN_IN_QUERY: "Send the token in the Authorization header, never in the URL.",
    Reason.TOKEN_TOO_LONG: f"A token has at most {MAX_TOKEN_LENGTH:,} characters: have the tenant put less into it.",
    Reason.CRITICAL_HEADER: "Have the tenant issue tokens without crit and b64 in the header.",
    Reason.NO_KEY_ID: "Have the tenant name the signing key in the header (kid), as it does in its key set.",
    Reason.MALFORMED_CLAIMS: "The claims are not a JSON object that all parsers read the same way (a member may be "
    "repeated): the tenant must correct this.",
    Reason.SIGNATURE: "The token was changed after it was signed, or cut off when it was copied: copy the whole token "
    "again.",
    Reason.ID_TOKEN: "An ID token tells the client who logged in; send the access token of the same login.",
    Reason.BOUND_TOKEN: "Have the tenant issue a plain bearer token: without DPoP, and not bound to a certificate.",
    Reason.ACTOR: "Each level of act must be an object with a sub: the tenant's exchange must correct this.",
    Reason.ACTOR_DEPTH: "It was exchanged more than five times: exchange the user's own token, not one that was "
    "exchanged already.",
    Reason.CLIENTS_DIFFER: "client_id and azp must name the same client: correct this at the tenant.",
    Reason.UNSCOPED_VIEW: 'Name a scope in the view: permission_classes = [HasScope("…")].',
    Reason.SCOPE: "Ask the user's tenant for a token with the missing scope.",
    Reason.ACTOR_NOT_TRUSTED: "Call through an actor that API_TRUSTED_ACTORS names, or add the outermost sub of act "
    "to it.",
    Reason.DELEGATION_REQUIRED: "Exchange the user's token first (API_REQUIRE_DELEGATION is on): a login's own token "
    "is not enough here.",
    Reason.MACHINE: "Use a user's token. To let clients call in their own name, set API_ALLOW_MACHINES=true (the "
    "API) or MCP_ALLOW_MACHINES=true (the bridge).",
    Reason.ORGANIZATION: "Log in to an organization that API_ALLOWED_ORGANIZATIONS names (org_id).",
}


def _form(seen: Circumstances) -> str:
    count = seen.parts.count
    if count == ENCRYPTED_PARTS:
        return "It has five parts, so it is encrypted (JWE): have the tenant issue signed tokens instead."
    if count == 1:
        return (
            "It is opaque, so it has no readable parts. Tenants issue such tokens if the request names no API: ask "
            f"for one with {_audience(seen)}."
        )
    if count != SIGNED_PARTS:
        return (
            f"A signed JWT has three parts between dots, and this has {count}: it may be cut off. Copy the whole token "
            "again."
        )
    return "It has three parts, but one of them is not base64url of JSON: copy the whole token again."


def _algorithm(seen: Circumstances) -> str:
    return f"alg is {shown(seen.parts.header.get('alg'))}: set the API's signing algorithm to RS256 at the tenant."


def _type(seen: Circumstances) -> str:
    kind = shown(seen.parts.header.get("typ"))
    return f"typ is {kind}: send the access token (typ at+jwt or JWT), not another token of the same login."


def _dialect(seen: Circumstances) -> str:
    kind, accepted = shown(seen.parts.header.get("typ", "JWT")), " and ".join(sorted(seen.rules.dialects))
    return (
        f"typ is {kind}, and TOKEN_DIALECTS accepts {accepted} only: change the token profile of the API at the "
        "tenant, or TOKEN_DIALECTS."
    )


def _key(seen: Circumstances) -> str:
    if seen.parts.claims.get("iss") != seen.rules.issuer:
        return f"The key belongs to another issuer. {_issuer(seen)}"
    return "The issuer has changed its keys since then, or was set up again: log in again."


def _issuer(seen: Circumstances) -> str:
    issuer, wanted = seen.parts.claims.get("iss"), shown(seen.rules.issuer)
    if isinstance(issuer, str) and issuer.rstrip("/") == seen.rules.issuer.rstrip("/"):
        return f"iss is {shown(issuer)} and this service's issuer {wanted}: they differ in the trailing slash."
    return f"iss is {shown(issuer)}: log in at {wanted}, or set OAUTH_ISSUER (AUTH0_DOMAIN), if you mean that tenant."


def _aud(seen: Circumstances) -> str:
    claims, wanted = seen.parts.claims, seen.rules.audience
    aud = claims.get("aud")
    named = [each for each in (aud if isinstance(aud, list) else [aud]) if isinstance(each, str)]
    for audience in named:
        if audience in seen.neighbours:
            return seen.neighbours[audience]
        if audience.rstrip("/") in {each.rstrip("/") for each in seen.rules.audiences}:
            return f"aud is {shown(audience)} and this service {shown(wanted)}: they differ in the trailing slash."
    if not {"client_id", "scope"} & claims.keys() and any(mark in claims for mark in MARKS_OF_ID_TOKENS):
        return "It looks like an ID token, which is for the client that aud names; send the access token of that login."
    return f"aud is {shown(aud)}: ask for a token with {_audience(seen)}."


def _audience(seen: Circumstances) -> str:
    wanted = shown(seen.rules.audience)
    return f"resource={wanted} (RFC 8707; at Auth0: audience={wanted})"


def _expired(seen: Circumstances) -> str:
    ago = duration(seen.now - numeric_date(seen.parts.claims, "exp"))
    return f"It expired {ago} ago: renew it with the refresh token, or log in again."


def _not_yet(seen: Circumstances) -> str:
    claims = seen.parts.claims
    name = "iat" if numeric_date(claims, "iat") > seen.now + seen.rules.leeway else "nbf"
    begins = numeric_date(claims, name)
    return (
        f"{name} is {duration(begins - seen.now)} from now: the clock of this machine or of the tenant is wrong "
        f"(differences of up to {seen.rules.leeway} seconds are accepted)."
    )


def _actor(seen: Circumstances) -> str:
    claims = seen.parts.claims
    client, actor = claims.get("client_id", claims.get("azp")), claims.get("act")
    named = actor.get("client_id", actor.get("sub")) if isinstance(actor, dict) else None
    return (
        f"act names {shown(named)}, and the token's client is {shown(client)}: have the tenant name the client in act, "
        "as sub or client_id. If it names actors by other ids, set TOKEN_ACTOR_RULE=record; they are then recorded "
        "without being compared."
    )


_CLOSER: dict[Reason, Callable[[Circumstances], str]] = {
    Reason.NOT_A_JWT: _form,
    Reason.ALGORITHM: _algorithm,
    Reason.TOKEN_TYPE: _type,
    Reason.DIALECT: _dialect,
    Reason.UNKNOWN_KEY: _key,
    Reason.ISSUER: _issuer,
    Reason.AUDIENCE: _aud,
    Reason.EXPIRED: _expired,
    Reason.NOT_YET_VALID: _not_yet,
    Reason.ACTOR_NOT_CLIENT: _actor,
}


def _claim(name: str, seen: Circumstances) -> str:
    if name not in seen.parts.claims:
        return (
            f"{name} is missing: the tenant must add it, or this is not an access token of the dialect that it claims."
        )
    value = shown(seen.parts.claims[name])
    return f"{name} is {value}, which has the wrong form for {name}: the tenant must correct this."
