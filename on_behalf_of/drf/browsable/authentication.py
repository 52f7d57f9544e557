from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.authentication import accepted_token, authenticated
from on_behalf_of.drf.browsable.account import session_token_of
from on_behalf_of.drf.browsable.forms import FormParser
from on_behalf_of.drf.browsable.session_token import drop_token
from on_behalf_of.drf.refusals import BearerTokenRefused, ContentTooLarge, CsrfRefused, DatabaseUnavailable
from on_behalf_of.resource_server.access_token import AccessToken


class SessionTokenAuthentication(BaseAuthentication):
    """Authenticates by the access token in a person's session, verified on each request exactly like a bearer token.

    The session adds no rights: it is used only if there is no Authorization header, and unsafe methods also need a CSRF
    token. `request.auth` and `request.user` are the same as for a bearer token.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        django_request: HttpRequest = request._request  # noqa: SLF001 - as DRF's own SessionAuthentication does
        try:
            held = session_token_of(django_request)
        except (OperationalError, InterfaceError) as error:
            record_of(request).failed()
            record_of(request).reason = "database_unavailable"
            raise DatabaseUnavailable from error
        if held is None:
            return None
        try:
            token = accepted_token(request, held.token)
        except BearerTokenRefused as refusal:
            if refusal.status_code == 401:  # noqa: PLR2004 - it has expired, or its key was withdrawn
                drop_token(django_request.session)
            raise
        _check_csrf(django_request)
        request.parsers = [*(request.parsers or ()), FormParser()]  # accept forms from here on, so from people only
        return authenticated(request, token)


def _check_csrf(request: HttpRequest) -> None:
    """Check the CSRF token of an unsafe method. Raises CsrfRefused, or another APIException for an unreadable form."""
    if request.content_type == "multipart/form-data":  # before Django reads it; no form has files
        raise UnsupportedMediaType(request.content_type)
    check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type] # the callable is never used
    try:
        check.process_request(request)
        refusal = check.process_view(request, None, (), {})  # type: ignore[arg-type] # as DRF calls it
    except RequestDataTooBig as error:
        raise ContentTooLarge from error
    except TooManyFieldsSent as error:
        raise ParseError("The form has too many fields.") from error
    if refusal:
        raise CsrfRefused
