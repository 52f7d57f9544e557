"""Turn the API's refusals into errors (RFC 6750 §3.1, RFC 9110 §15), with all reasons that the API gives."""

import re
from http import HTTPStatus

from on_behalf_of.http_client.http_client import UpstreamResponse
from on_behalf_of.mcp.api.errors import (
    ApiFoundInputInvalid,
    ApiRefused,
    ApiRejectedToken,
    ApiUnavailable,
    DownstreamError,
    MalformedApiAnswer,
    NotFound,
)
from on_behalf_of.mcp.api.reasons import body_of, reasons
from on_behalf_of.primitives.foreign_text import readable
from on_behalf_of.primitives.retry_after import retry_after

_REASON = re.compile(r"[a-z_]{1,64}")
_SCOPE = re.compile(r'\bscope="([^"]*)"')


def refusal(response: UpstreamResponse) -> DownstreamError:  # noqa: PLR0911 - a table, one line for each status
    """Return the error for an answer outside 2xx. The answer's text is cut and cleaned."""
    status, why = response.status, reasons(response)
    if status == HTTPStatus.UNAUTHORIZED:
        return ApiRejectedToken(why)
    if status == HTTPStatus.FORBIDDEN:
        scope = _SCOPE.search(response.headers.get("WWW-Authenticate", ""))
        return ApiRefused(why, readable(scope[1]) if scope else "", _code(response))
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return NotFound(why)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiUnavailable(_told("it allows no more calls at the moment (429)", why), retry_after(response.headers))
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiUnavailable(_told(f"it failed ({status})", why), retry_after(response.headers))
    if status >= HTTPStatus.BAD_REQUEST:
        return ApiFoundInputInvalid(why, status)
    return MalformedApiAnswer(f"it has the status {status}")  # such as a redirect, which is never followed


def _told(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _code(response: UpstreamResponse) -> str:
    """Return the API's own code for the reason, empty if it gives none."""
    body = body_of(response)
    code = body.get("reason") if isinstance(body, dict) else None
    return code if isinstance(code, str) and _REASON.fullmatch(code) else ""
