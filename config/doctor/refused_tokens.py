"""What to do about a token that does not verify, by the reason; the same for token A and token B."""

from dataclasses import dataclass

from config.doctor.identifiers import claim_seen, differ_in_slash, shown
from resource_server.errors import InvalidToken, Reason
from resource_server.token_rules import TokenRules


@dataclass(frozen=True)
class Expected:
    """One of the two tokens, in the words of the configuration."""

    name: str  # "token A"
    rules: TokenRules
    audience_setting: str


ISSUER = "OAUTH_ISSUER or AUTH0_DOMAIN"
_AS_JWT = "Have the tenant issue JWTs for that API: at Auth0, the client must ask for it by its identifier"
_OTHER = {
    Reason.ALGORITHM: ("Have the tenant sign this API's tokens with RS256.", ""),
    Reason.UNKNOWN_KEY: (
        "Check that the token comes from this tenant; its keys may have been rotated.",
        ISSUER,
    ),
    Reason.SIGNATURE: ("Take a token that this tenant issued, unchanged.", ""),
    Reason.NO_KEY_ID: ("Have the tenant name its key in each token's header (kid).", ""),
    Reason.ISSUER: ("Check the issuer, and that the token comes from this tenant.", ISSUER),
    Reason.EXPIRED: ("Take a fresh token; where it is fresh, look at the clocks.", ""),
    Reason.NOT_YET_VALID: ("Look at the clocks: this token comes from the future.", ""),
    Reason.DIALECT: ("Accept this dialect, or change the API's token dialect at the tenant.", "TOKEN_DIALECTS"),
    Reason.ID_TOKEN: ("Take the access token; an ID token tells the client who logged in, and opens nothing.", ""),
    Reason.TOKEN_TYPE: ("Take an access token: its typ is at+jwt, JWT, or missing.", ""),
    Reason.BOUND_TOKEN: ("Turn sender constraining (DPoP, mTLS) off for this API at the tenant.", ""),
    Reason.ACTOR: ("Have the tenant write act as RFC 8693 §4.1 describes: an object with sub.", ""),
}


def remedy(error: InvalidToken, token: str, expected: Expected) -> tuple[str, str, str]:
    """What was seen beyond the error's own sentence, what to do about it, and the setting."""
    audience = expected.rules.audience
    if error.reason is Reason.NOT_A_JWT:
        return "", f"{_AS_JWT}, {audience}.", expected.audience_setting
    if error.reason is Reason.AUDIENCE:
        seen = claim_seen(token, "aud")
        slash = " They differ in the slash at the end." if _is_near(seen, audience) else ""
        return (
            f"It is for {shown(seen)}, and {expected.audience_setting} is {audience}.{slash}",
            "Write the identifier as the tenant shows it, and have the client ask for it.",
            expected.audience_setting,
        )
    if error.reason is Reason.ISSUER:
        seen_issuer = (
            f"It comes from {shown(claim_seen(token, 'iss'))}, and the issuer here is {expected.rules.issuer}."
        )
        return seen_issuer, *_OTHER[error.reason]
    if error.reason is Reason.CLAIM:
        return "", "Have the tenant issue RFC 9068 tokens, or Auth0's own: see docs/other-tenants.md.", "TOKEN_DIALECTS"
    return "", *_OTHER.get(error.reason, ("Take a token that this tenant issued, unchanged.", ""))


def _is_near(seen: object, audience: str) -> bool:
    return any(differ_in_slash(each, audience) for each in (seen if isinstance(seen, list) else [seen]))
