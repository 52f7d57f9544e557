"""Why a call to the API failed, in words for the user. The API's own texts are already cut and cleaned."""

from http import HTTPStatus

from on_behalf_of.mcp.tool_error import ToolError
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.retry_after import in_time


class DownstreamError(ToolError):
    """The API did not do what was asked."""


class ApiRejectedToken(DownstreamError):
    """401: the API did not accept the exchanged token."""

    outcome, reason = Outcome.FAILED, "api_rejected_token"
    concerns_operator = True

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The API did not accept the token that the tenant issued for it{_because(detail)}. "
            "This server's operator should check that tenant and API agree on issuer and audience."
        )


class ApiRefused(DownstreamError):
    """403: the user may not do this."""

    outcome, reason = Outcome.REFUSED, "api_refused"

    def __init__(self, detail: str, scope: str, reason: str = "") -> None:
        self.reason = reason or type(self).reason  # the API's own code, if it gives one
        needed = f" It needs the scope {scope}." if scope else ""
        super().__init__(f"The API refused the operation{_because(detail)}.{needed}")


class NotFound(DownstreamError):
    """404 and 410."""

    outcome, reason = Outcome.TOOL_ERROR, "api_not_found"

    def __init__(self, detail: str) -> None:
        super().__init__(f"The API did not find what was asked for{_because(detail)}.")


class ApiFoundInputInvalid(DownstreamError):
    """The other 4xx."""

    outcome, reason = Outcome.TOOL_ERROR, "api_found_input_invalid"

    def __init__(self, messages: str, status: int) -> None:
        # 400 and 422 add nothing to the sentence; other statuses do.
        told = (
            "" if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY} and messages else f" ({status})"
        )
        super().__init__(f"The API did not accept the input{told}{_because(messages)}.")


class ApiUnavailable(DownstreamError):
    """The API is unreachable, too slow, failing, or limiting our requests."""

    outcome, reason = Outcome.FAILED, "api_unavailable"
    concerns_operator = True

    def __init__(self, what: str, retry_after: int | None = None) -> None:
        self.retry_after = retry_after  # seconds
        super().__init__(f"The API cannot answer now: {what}. Try again {in_time(retry_after)}.")


class ApiDown(ApiUnavailable):
    """The API failed so often that this request was not sent."""

    concerns_operator = False  # the circuit breaker logs it once, when it begins

    def __init__(self, retry_after: int) -> None:
        super().__init__("it does not answer", retry_after)


class MalformedApiAnswer(DownstreamError):
    """The API's answer does not have the expected form."""

    outcome, reason = Outcome.FAILED, "api_answer_malformed"
    concerns_operator = True

    def __init__(self, what: str, *, is_done: bool = False) -> None:
        done = " What was asked for may have been done." if is_done else ""
        super().__init__(
            f"The API's answer cannot be used: {what}.{done} This server's operator should check that API_BASE_URL is "
            "right."
        )
        self.what = what


class ApiAnswerTooLong(MalformedApiAnswer):
    """The API's answer is longer than is received."""

    def __init__(self) -> None:
        super().__init__("it is too long")


def _because(detail: str) -> str:
    return f": {detail.rstrip('.')}" if detail else ""
