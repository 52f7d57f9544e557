# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""Read and check the parameters of an OAuth request before oauthlib or a database query sees them."""

import json
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import urlencode

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MAX_PARAMETERS = 100
REPEATABLE = {"resource"}  # RFC 8707 §2

Parameters = list[tuple[str, str]]


class MalformedRequest(Exception):
    """The request does not contain valid OAuth parameters. `status` is 400, or 413 for a body that is too big."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.status = status


def query_parameters(query: str) -> Parameters:
    """Return the parameters in a URL's query. Raises MalformedRequest."""
    return _checked(_from_form(query))


def body_parameters(request: HttpRequest) -> Parameters:
    """Return the parameters in the body: a form (RFC 6749 §3.2) or, as at Auth0, JSON. Raises MalformedRequest."""
    if request.META.get("QUERY_STRING"):
        raise MalformedRequest("Send parameters in the body, not in the URL.")
    body = _body(request)
    if request.content_type == FORM:
        return _checked(_from_form(body))
    if request.content_type == JSON:
        return _checked(
            [
                (name, item)
                for name, value in json_object(body)
                for item in (value if name in REPEATABLE and isinstance(value, list) else [value])
            ]
        )
    raise MalformedRequest(f"The body must be {FORM} or {JSON}.")


def json_body(request: HttpRequest) -> dict[str, Any]:
    """Return the body as a JSON object. Raises MalformedRequest."""
    return dict(json_object(_body(request)))


def json_object(text: str) -> list[tuple[str, Any]]:
    """Return the members of a JSON object. Raises MalformedRequest for anything else, and for duplicate members."""
    try:
        parsed = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise MalformedRequest("The body is not a JSON object with unique members.") from None
    if not isinstance(parsed, dict):
        raise MalformedRequest("The body must be a JSON object.")
    return list(parsed.items())


def is_storable(text: str) -> bool:
    """Return whether `text` fits a database column and UTF-8: no NUL, no lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _body(request: HttpRequest) -> str:
    try:
        return request.body.decode("utf-8")
    except RequestDataTooBig:
        raise MalformedRequest("The body is too big.", status=413) from None
    except (UnicodeDecodeError, OSError):
        raise MalformedRequest("The body is incomplete, or not UTF-8 text.") from None


def _from_form(text: str) -> list[tuple[str, Any]]:
    try:
        return [*parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)]
    except ValueError:
        raise MalformedRequest("The parameters are invalid, or too many.") from None


def _checked(parameters: list[tuple[str, Any]]) -> Parameters:
    """Refuse repeated parameters, and leave out those without a value (RFC 6749 §3.1)."""
    seen: set[str] = set()
    for name, value in parameters:
        if not isinstance(value, str):
            raise MalformedRequest("Each parameter must be a string.")
        if not is_storable(name) or not is_storable(value):
            raise MalformedRequest("A parameter contains characters that are not allowed.")
        if name in seen and name not in REPEATABLE:
            raise MalformedRequest("A parameter was sent more than once.")
        seen.add(name)
    return [(name, value) for name, value in parameters if value]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("duplicate member")
    return members


class ParametersBackend(OAuthLibCore):
    """Passes to oauthlib the parameters that a view has checked and, of the headers, only Authorization."""

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, str, dict[str, str]]:
        parameters: Parameters = getattr(request, "oauth_parameters", [])
        authorization = request.headers.get("Authorization", "")
        headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
        return request.path, request.method or "", urlencode(parameters), headers
