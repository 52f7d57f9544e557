"""Refusals as DRF exceptions. APIException carries the RFCs' fields to the answer.

They are not AuthenticationFailed, because DRF overwrites its challenge with the one for a caller without credentials.
"""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.refusals import BearerTokenError, InsufficientScope, KeysUnavailable

RETRY_AFTER = 1  # seconds after which a call that could not be recorded may be tried again


class BearerTokenRefused(APIException):
    """400, 401 or 403 with its challenge (RFC 6750 §3)."""

    def __init__(self, error: BearerTokenError) -> None:
        body: dict[str, Any] = {"detail": error.description, "error": error.error, "reason": error.reason.value}
        if error.error is None:  # RFC 6750 has no code for it; `reason` says what it is
            del body["error"]
        if isinstance(error, InsufficientScope):
            body["scope"] = " ".join(error.scopes)
        super().__init__(body)
        self.error = error
        self.status_code = error.status
        self.auth_header = challenge(error, resource_metadata=api_configuration().resource.metadata_url)


def refusal(request: Request | HttpRequest, error: BearerTokenError) -> BearerTokenRefused:
    """Return the exception for a refusal, after noting its reason for the call's row."""
    record_of(request).reason = error.reason.value
    return BearerTokenRefused(error)


class CannotTell(APIException):
    """503: the issuer's keys cannot be fetched, so the token cannot be verified."""

    status_code = 503

    def __init__(self, error: KeysUnavailable) -> None:
        super().__init__({"detail": error.description, "error": "temporarily_unavailable"})
        self.wait = error.retry_after


class CsrfRefused(APIException):
    """403: a browser session without proof that one of the API's own pages sent the request."""

    status_code = 403
    reason = "csrf_failed"

    def __init__(self) -> None:
        super().__init__({"detail": "The form is too old, or did not come from this site; load the page again.",
                          "reason": self.reason})  # fmt: skip


class DatabaseUnavailable(APIException):
    status_code = 503
    default_detail = "The database does not answer at the moment, so nothing was done; try again."
    wait = RETRY_AFTER


class RequestTimeout(APIException):
    status_code = 408
    default_detail = "The request's body did not arrive in time."


class ContentTooLarge(APIException):
    status_code = 413
    default_detail = "The request's body is too large."
