"""Turns HTML forms into the JSON that programs send. Browsers without scripts cannot send JSON, PUT or DELETE.

Only requests that a session authenticates are read this way; programs can only send JSON bodies.
"""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

MEDIA_TYPE = "application/x-www-form-urlencoded"
METHOD, JSON, CSRF = "_method", "_json", "csrfmiddlewaretoken"  # fields that are not part of the body
METHODS = frozenset({"PUT", "PATCH", "DELETE"})


class FormParser(BaseParser):
    """Parses a form into an object of strings, or into the JSON that the user wrote into the form's one JSON field."""

    media_type = MEDIA_TYPE

    def parse(
        self,
        stream: IO[Any],  # noqa: ARG002 - Django has read the form already, for its CSRF token
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        form = (parser_context or {})["request"]._request.POST  # noqa: SLF001 - DRF's own way to Django's request
        if JSON in form:
            try:
                return parse_object(form[JSON].encode())
            except MalformedJson as error:
                raise ParseError(f"The text is {error}.") from error
        if any(len(values) > 1 for _, values in form.lists()):
            raise ParseError("The form has the same field twice.")
        # Browsers end lines with CR LF, whatever was typed (HTML, "construct the entry list").
        return {name: value.replace("\r\n", "\n") for name, value in form.items() if name not in {METHOD, CSRF}}


def may_come_from_a_page(request: HttpRequest) -> bool:
    """Return whether a session may authenticate this request: it has a session and no Authorization header."""
    return (
        api_configuration().login is not None
        and "HTTP_AUTHORIZATION" not in request.META
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and getattr(request, "session", None) is not None
    )


def take_method_of_form(request: HttpRequest) -> None:
    """Turn a POST into the PUT, PATCH or DELETE that its form names.

    The request is authenticated afterwards. It needs a CSRF token, which Django reads only from a header for these
    methods, so copy the form's there.
    """
    if request.method != "POST" or request.content_type != MEDIA_TYPE or not may_come_from_a_page(request):
        return
    try:
        form = request.POST
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
        return  # raised again later, where it can be answered
    if form.get(METHOD) in METHODS:
        request.method = form[METHOD]
        request.META.setdefault(settings.CSRF_HEADER_NAME, form.get(CSRF, ""))
