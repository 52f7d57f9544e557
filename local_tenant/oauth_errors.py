# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""OAuth errors that oauthlib does not have, with the status that goes with each."""

from typing import Any

from django.http import JsonResponse
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

FORBIDDEN, UNAUTHORIZED = 403, 401


class InvalidTarget(CustomOAuth2Error):
    """RFC 8707 §2: the API asked for is missing, unknown or not the one that was granted."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_target", description=description)


class AccessDenied(CustomOAuth2Error):
    """The client or the user may not have what was asked for."""

    def __init__(self, description: str) -> None:
        super().__init__("access_denied", description=description, status_code=FORBIDDEN)


class UnauthorizedClient(CustomOAuth2Error):
    """RFC 6749 §5.2: the authenticated client may not use this grant."""

    def __init__(self, description: str) -> None:
        super().__init__("unauthorized_client", description=description, status_code=FORBIDDEN)


class InvalidSubjectToken(CustomOAuth2Error):
    """The subject token is not one that can be exchanged; Auth0 answers 401."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_grant", description=description, status_code=UNAUTHORIZED)


class InvalidRequest(CustomOAuth2Error):
    def __init__(self, description: str) -> None:
        super().__init__("invalid_request", description=description)


def error_response(error: str, description: str, status: int = 400) -> JsonResponse:
    """RFC 6749 §5.2, never cached; 401 carries the challenge of the scheme that the client tried."""
    body: dict[str, Any] = {"error": error, "error_description": description}
    headers = {"Cache-Control": "no-store"}
    if status == UNAUTHORIZED and error == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="Local tenant"'
    return JsonResponse(body, status=status, headers=headers)
