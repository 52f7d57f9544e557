"""A refusal, explained to a person: its code, its sentence, and what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from on_behalf_of.resource_server.errors import Reason

WHAT_TO_DO = {
    Reason.EXPIRED: "Log in again. The session no longer holds that token.",
    Reason.TOKEN_IN_QUERY: "Take the token out of the address, and treat it as known: addresses end up in logs.",
    Reason.SCOPE: "Ask the tenant for what is missing. You keep the scopes that you have.",
    Reason.DELEGATION_REQUIRED: "A login gives a token of your own. Paste one that an agent got by token exchange.",
    Reason.ACTOR_NOT_CLIENT: "The token's act must name the token's own client, unless TOKEN_ACTOR_RULE is record.",
    Reason.ACTOR_NOT_TRUSTED: "Whoever runs this API names those who may act for users in API_TRUSTED_ACTORS.",
    Reason.MACHINE: "Log in as a user; clients in their own name are accepted with API_ALLOW_MACHINES only.",
    Reason.ORGANIZATION: "Log in through an organization that API_ALLOWED_ORGANIZATIONS names.",
    "csrf_failed": "Go back, load the page again, and send the form from there.",
}
LOG_IN = "Log in to call it from this page, or send a token in the Authorization header."
LOG_IN_AGAIN = "Log in again. The session no longer holds a token that this API refused."
NOT_ACCEPTED = "What was sent was not accepted."  # where the answer lists fields instead of saying so
BY_STATUS = {
    400: "Correct what was sent; the answer says what is wrong.",
    403: "Nothing that you could do here would help.",
    404: "It may never have been there, or it belongs to somebody else: the API does not tell.",
    405: "The header Allow lists the methods that this address answers to.",
    415: "Programs send application/json.",
    503: "Nothing was done. Try again in a moment.",
}


@dataclass(frozen=True)
class Refusal:
    status: int
    reason: str  # a code; empty where there is none
    sentence: str  # the answer's own
    advice: str
    missing: tuple[str, ...]  # scopes that would help
    withheld: tuple[str, ...]  # those of them that the tenant did not grant when it was asked

    @property
    def wants_login(self) -> bool:
        return self.status == 401  # noqa: PLR2004 - HTTP's code for it


def explained(status: int, data: Any, *, have: Sequence[str], withheld: Sequence[str]) -> Refusal | None:
    """None where the answer is no refusal. `have` are the scopes of the token that was presented."""
    if status < 400:  # noqa: PLR2004 - HTTP's border
        return None
    members: dict[str, Any] = data if isinstance(data, dict) else {}
    reason, detail = str(members.get("reason", "")), members.get("detail", "")
    missing = tuple(scope for scope in str(members.get("scope", "")).split() if scope not in have)
    return Refusal(
        status=status,
        reason=reason,
        sentence=detail if isinstance(detail, str) and detail else NOT_ACCEPTED,
        advice=_advice(status, reason),
        missing=missing,
        withheld=tuple(scope for scope in missing if scope in withheld),
    )


def _advice(status: int, reason: str) -> str:
    if reason in WHAT_TO_DO:
        return WHAT_TO_DO[reason]
    if status == 401:  # noqa: PLR2004 - HTTP's code for it
        return LOG_IN_AGAIN if reason and reason != Reason.NO_TOKEN else LOG_IN
    return BY_STATUS.get(status, "")
