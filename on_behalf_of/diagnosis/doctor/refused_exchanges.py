"""Choose the remedy for a failed exchange, by the error's type and the tenant's answer."""

from typing import Any

from on_behalf_of.diagnosis.doctor.identifiers import shown
from on_behalf_of.diagnosis.doctor.refused_tokens import Expected, advice
from on_behalf_of.exchange.errors import (
    ClientRejected,
    DelegationTooDeep,
    ExchangeError,
    ExchangeRefused,
    MalformedAnswer,
    NotAUser,
    ScopesNotGranted,
    SubjectTokenRejected,
    Unfit,
    UnusableToken,
)
from on_behalf_of.resource_server.refusals import InvalidToken
from on_behalf_of.resource_server.token_parts import read_parts

_GRANT = (
    "Give the bridge's client its grant for the API on users' behalf (at Auth0 a client grant with subject_type user), "
    "and the user the permission."
)
# `error` of the answer (RFC 6749 §5.2, RFC 8693 §2.2.2); Auth0 documents the status alone, so that comes second.
_CODES = {
    "unauthorized_client": (
        "Allow the bridge's client to exchange tokens: at Auth0, link it to the bridge's API, and allow the exchange.",
        "MCP_AUTH0_CLIENT_ID",
    ),
    "access_denied": (_GRANT, "MCP_AUTH0_CLIENT_ID"),
    "invalid_target": (
        "Check the API's identifier, and whether the tenant wants it as audience or as resource.",
        "API_AUTH0_AUDIENCE, MCP_AUTH0_EXCHANGE_TARGET",
    ),
    "invalid_scope": ("Ask for scopes that the API has.", "MCP_AUTH0_EXCHANGE_SCOPE"),
    "unsupported_grant_type": ("Turn token exchange (RFC 8693) on at the tenant.", ""),
}
_STATUSES = {
    400: ("Compare the request with what the tenant wants: see docs/other-tenants.md.", "MCP_AUTH0_EXCHANGE_TARGET"),
    403: (_GRANT, "MCP_AUTH0_CLIENT_ID"),
}
_ACTOR = "Have the tenant write act with the bridge's client as sub (RFC 8693 §4.1)."
_NO_ACTOR = (
    f"{_ACTOR} Without it, the API could not tell the bridge's call from the user's own, so the bridge never sends it."
)
_OTHER_ACTOR = (
    f"{_ACTOR} If the tenant names actors by other ids than client ids, set TOKEN_ACTOR_RULE=record for the bridge and "
    "the API: they then record the actor without comparing it."
)
_UNFIT = {
    Unfit.UNCHANGED: ("Have the tenant exchange the token; this one came back as it was.", ""),
    Unfit.MACHINE: ("Have the exchange keep the user as sub.", ""),
    Unfit.SUBJECT: ("Have the exchange keep the user as sub, the same for both APIs (no pairwise identifiers).", ""),
    Unfit.ORGANIZATION: ("Have the exchange keep the user's organization (org_id).", ""),
    Unfit.CLIENT: ("Have the tenant name the bridge's client in client_id or azp.", "MCP_AUTH0_CLIENT_ID"),
    Unfit.NO_ACTOR: (_NO_ACTOR, "MCP_AUTH0_CLIENT_ID"),
    Unfit.ACTOR: (_OTHER_ACTOR, "MCP_AUTH0_CLIENT_ID, TOKEN_ACTOR_RULE"),
}


def _named(what: Unfit, claims: dict[str, Any]) -> str:
    """Say whom the token names instead of the bridge. The token was verified before."""
    if what is Unfit.CLIENT:
        return f"It names {shown(claims.get('client_id', claims.get('azp')))}."
    actor = claims.get("act")
    if what is Unfit.ACTOR and isinstance(actor, dict):
        return f"Its act names {shown(actor.get('client_id', actor.get('sub')))}."
    return ""


def remedy(error: ExchangeError, issued: str, expected: Expected) -> tuple[str, str, str]:  # noqa: PLR0911 - a table
    """Return what was seen beyond the error's own sentence, what to do about it, and the setting."""
    match error:
        case ClientRejected():
            return (
                "",
                "Compare id, secret or key, and the method of authentication with the client at the tenant.",
                "MCP_AUTH0_CLIENT_ID, MCP_AUTH0_CLIENT_SECRET, MCP_AUTH0_CLIENT_AUTH_METHOD",
            )
        case SubjectTokenRejected():
            return "", "Use a new token A of a user who is logged in.", ""
        case ExchangeRefused():
            general = ("Read what the tenant said, and its log.", "")
            return "", *_CODES.get(error.error, _STATUSES.get(error.status, general))
        case ScopesNotGranted():
            return (
                "",
                "Add them to the client's grant for the API and to the user's role, or ask for less.",
                "MCP_AUTH0_EXCHANGE_SCOPE",
            )
        case MalformedAnswer():
            return (
                "",
                "Have the tenant answer as RFC 8693 §2.2.1 says, with a Bearer token that is bound to no key.",
                "",
            )
        case UnusableToken(what=Unfit() as what):
            return _named(what, read_parts(issued).claims), *_UNFIT[what]
        case UnusableToken(__cause__=InvalidToken() as cause):
            return "", *advice(cause, issued, expected)
        case NotAUser():
            return "", "Use the token of a user who logged in; a token from client credentials has no user.", ""
        case DelegationTooDeep():
            return "", "Use a token with fewer actors: one that was issued closer to the user's login.", ""
    return "", "Try again. If it keeps failing, look at the tenant's status and log.", "UPSTREAM_TIMEOUT"
