# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""OAuth errors that oauthlib lacks, with their HTTP status."""

from typing import Any

from django.http import JsonResponse
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

FORBIDDEN, UNAUTHORIZED = 403, 401


class InvalidTarget(CustomOAuth2Error):
    """The requested API is missing, unknown, or not the one that was granted (RFC 8707 §2)."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_target", description=description)


class AccessDenied(CustomOAuth2Error):
    """The client or the user may not have what was requested."""

    def __init__(self, description: str) -> None:
        super().__init__("access_denied", description=description, status_code=FORBIDDEN)


class UnauthorizedClient(CustomOAuth2Error):
    """The authenticated client may not use this grant (RFC 6749 §5.2)."""

    def __init__(self, description: str) -> None:
        super().__init__("unauthorized_client", description=description, status_code=FORBIDDEN)


class InvalidSubjectToken(CustomOAuth2Error):
    """The subject token cannot be exchanged. The status is 401, as at Auth0."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_grant", description=description, status_code=UNAUTHORIZED)


class InvalidRequest(CustomOAuth2Error):
    def __init__(self, description: str) -> None:
        super().__init__("invalid_request", description=description)


def error_response(error: str, description: str, status: int = 400) -> JsonResponse:
    """Return the error response of RFC 6749 §5.2. It is never cached, and 401 invalid_client has a challenge."""
    body: dict[str, Any] = {"error": error, "error_description": description}
    headers = {"Cache-Control": "no-store"}
    if status == UNAUTHORIZED and error == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="Local tenant"'
    return JsonResponse(body, status=status, headers=headers)
