"""Why a token exchange brought no usable token. Each error says who refused, what, and what can be done.

Auth0 documents statuses rather than `error` codes, so the status decides and the code is only shown. The texts are for
the user; "this server" is the one that exchanges.
"""

from enum import StrEnum

from on_behalf_of.primitives.call_error import CallError, Outcome
from on_behalf_of.primitives.retry_after import in_time


class ExchangeError(CallError):
    """No token for the API was obtained on the user's behalf. `reason` is a stable code; the text is for people."""


class ExchangeRefused(ExchangeError):
    """The tenant understood the request and refused it (403, and any 4xx without a class of its own)."""

    outcome, reason = Outcome.REFUSED, "exchange_refused"

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error = status, error
        super().__init__(
            "The tenant refused to exchange your access token for one that the API accepts "
            f"({_said(status, error, description)}). Either this server's client lacks its grant for the API, "
            "or your account lacks the permission: ask the tenant's administrator."
        )


class SubjectTokenRejected(ExchangeError):
    """The tenant no longer accepts the user's access token: only a new login helps."""

    outcome, reason = Outcome.REFUSED, "subject_token_rejected"

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error = status, error
        super().__init__(
            f"The tenant no longer accepts your access token ({_said(status, error, description)}). Log in again."
        )


class ClientRejected(ExchangeError):
    """The tenant does not accept this server's own credentials. Its operator must act, not the user."""

    outcome, reason = Outcome.FAILED, "bridge_client_rejected"
    concerns_operator = True

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error = status, error
        super().__init__(
            f"The tenant does not accept this server's own client credentials ({_said(status, error, description)}). "
            "The server's operator must check its client id and its secret or private key."
        )


class TenantUnavailable(ExchangeError):
    """The tenant did not answer, failed, or is limiting our requests. A later attempt may work."""

    outcome, reason = Outcome.FAILED, "tenant_unavailable"
    concerns_operator = True

    def __init__(self, what: str, retry_after: int | None = None) -> None:
        self.retry_after = retry_after  # seconds
        super().__init__(f"The tenant cannot exchange your access token now: {what}. Try again {in_time(retry_after)}.")


class TenantDown(TenantUnavailable):
    """The tenant failed so often that this request was not sent."""

    concerns_operator = False  # the circuit breaker logs it once, when it begins

    def __init__(self, retry_after: int) -> None:
        super().__init__("it does not answer", retry_after)


class TenantThrottled(TenantUnavailable):
    """The tenant allows no more exchanges for now, so it was not asked."""

    concerns_operator = False  # the throttle logs it once, when it begins

    def __init__(self, retry_after: int) -> None:
        super().__init__("it allows no more exchanges at the moment", retry_after)


class MalformedAnswer(ExchangeError):
    """The tenant's answer is not what RFC 8693 §2.2 describes."""

    outcome, reason = Outcome.FAILED, "tenant_answer_malformed"
    concerns_operator = True

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The tenant's answer to the token exchange cannot be used: {what}. "
            "This server's operator should check the tenant's configuration."
        )


class Unfit(StrEnum):
    """Why a token that verifies is not the one asked for."""

    UNCHANGED = "it is the same token that was to be exchanged"
    MACHINE = "it is a client's own token, not a user's"
    SUBJECT = "it belongs to another user"
    ORGANIZATION = "it belongs to another organization"
    CLIENT = "it was issued to another client"
    NO_ACTOR = "it names no current actor (act)"
    ACTOR = "it does not name this server as the current actor (act)"


class UnusableToken(ExchangeError):
    """The tenant issued a token other than the one asked for. It was not sent anywhere."""

    outcome, reason = Outcome.FAILED, "exchanged_token_unusable"
    concerns_operator = True

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The token that the tenant issued for the API was not used: {what}. "
            "This server's operator should check the tenant's configuration."
        )
        self.what = what  # one of Unfit, or why it does not verify


class ScopesNotGranted(ExchangeError):
    """The tenant granted less than was asked: the user (or this server's grant) lacks `scopes`."""

    outcome, reason = Outcome.REFUSED, "scopes_not_granted"

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        super().__init__(
            f"The tenant did not grant {' '.join(scopes)} for the API: your account or this server's client lacks that "
            "permission. Ask the tenant's administrator."
        )


class DelegationTooDeep(ExchangeError):
    """The user's token already names four actors; Auth0 does not exchange such a token."""

    outcome, reason = Outcome.REFUSED, "delegation_too_deep"

    def __init__(self) -> None:
        super().__init__(
            "Your access token has already passed through four actors, and the tenant allows no more. "
            "Use this server from a client with fewer actors between it and your login."
        )


class NotAUser(ExchangeError):
    """The token is a client's own, so there is no user on whose behalf to act."""

    outcome, reason = Outcome.REFUSED, "not_a_user"

    def __init__(self) -> None:
        super().__init__(
            "This server acts on a user's behalf, and the access token is a client's own. "
            "Log in as a user instead of using client credentials."
        )


def _said(status: int, error: str, description: str) -> str:
    return ": ".join(part for part in (f"{status} {error}".strip(), description) if part).rstrip(".")
