"""A refusal, explained to a person: its code, its sentence, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from on_behalf_of.resource_server.refusals import Reason

WHAT_TO_DO = {
    Reason.EXPIRED: "Log in again. The session no longer holds that token.",
    Reason.TOKEN_IN_QUERY: "Take the token out of the address, and treat it as compromised: addresses end up in logs.",
    Reason.SCOPE: "Ask the tenant for what is missing. You keep the scopes that you have.",
    Reason.DELEGATION_REQUIRED: "Logging in gives you your own token. Paste one that an agent got by token exchange.",
    Reason.ACTOR_NOT_CLIENT: "The token's act must name the token's own client, unless TOKEN_ACTOR_RULE is record.",
    Reason.ACTOR_NOT_TRUSTED: "The API's operator lists those who may act for users in API_TRUSTED_ACTORS.",
    Reason.MACHINE: "Log in as a user. Clients may call in their own name only if API_ALLOW_MACHINES is set.",
    Reason.ORGANIZATION: "Log in through an organization that API_ALLOWED_ORGANIZATIONS names.",
    "csrf_failed": "Go back, load the page again, and send the form from there.",
}
LOG_IN = "Log in to call it from this page, or send a token in the Authorization header."
LOG_IN_AGAIN = "Log in again. The session no longer holds the refused token."
NOT_ACCEPTED = "The request was not accepted."  # if the answer lists fields and has no sentence
BY_STATUS = {
    400: "Correct the request; the answer says what is wrong.",
    403: "You can't fix this from this page.",
    404: "It does not exist, or it belongs to another user: the API does not say which.",
    405: "The header Allow lists the methods that this address accepts.",
    415: "Programs must send application/json.",
    503: "Nothing was done. Try again in a moment.",
}


@dataclass(frozen=True)
class Refusal:
    status: int
    reason: str  # a code; empty if there is none
    sentence: str  # the answer's own
    advice: str
    missing: tuple[str, ...]  # scopes that would help
    withheld: tuple[str, ...]  # those of them that the tenant did not grant

    @property
    def wants_login(self) -> bool:
        return self.status == 401  # noqa: PLR2004 - HTTP's code for it


def explained(status: int, data: Any, *, have: Sequence[str], withheld: Sequence[str]) -> Refusal | None:
    """Return the explanation of a refusal, or None for another answer. `have` are the presented token's scopes."""
    if status < 400:  # noqa: PLR2004 - errors begin there
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
