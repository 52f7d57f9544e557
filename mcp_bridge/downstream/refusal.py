"""What the API's refusals mean (RFC 6750 §3.1, and the bodies that Django REST framework writes)."""

import re
from http import HTTPStatus
from typing import Any

from mcp_bridge.downstream.errors import (
    ApiFoundInputInvalid,
    ApiRefused,
    ApiRejectedToken,
    ApiUnavailable,
    DownstreamError,
    MalformedApiAnswer,
    NotFound,
)
from mcp_bridge.upstream.foreign_text import readable
from mcp_bridge.upstream.retry_after import retry_after
from resource_server.strict_json import MalformedJson
from resource_server.upstream_http import UpstreamResponse

MAX_FIELDS = 5
_REASON = re.compile(r"[a-z_]{1,64}")
_SCOPE = re.compile(r'\bscope="([^"]*)"')


def refusal(response: UpstreamResponse) -> DownstreamError:  # noqa: PLR0911 - a table, one line for each status
    """The error that an answer outside 2xx stands for. Only bounded, cleaned texts of it are kept."""
    status, body = response.status, _body(response)
    detail = readable(body.get("detail")) or readable(body.get("error_description"))
    if status == HTTPStatus.UNAUTHORIZED:
        return ApiRejectedToken(detail)
    if status == HTTPStatus.FORBIDDEN:
        scope = _SCOPE.search(response.headers.get("WWW-Authenticate", ""))
        reason = body.get("reason")
        code = reason if isinstance(reason, str) and _REASON.fullmatch(reason) else ""
        return ApiRefused(detail, readable(scope[1]) if scope else "", code)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return NotFound(detail)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiUnavailable("it allows no more calls at the moment (429)", retry_after(response.headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiUnavailable(f"it failed ({status})", retry_after(response.headers))
    if status >= HTTPStatus.BAD_REQUEST:
        return ApiFoundInputInvalid(detail or _field_messages(body) or f"status {status}")
    return MalformedApiAnswer(f"it has the status {status}")  # redirects among them: they are never followed


def _field_messages(body: dict[str, Any]) -> str:
    """DRF's `{"title": ["This field is required."]}` as "title: This field is required." """
    parts = []
    for name, messages in list(body.items())[:MAX_FIELDS]:
        first = messages[0] if isinstance(messages, list) and messages else messages
        if text := readable(first):
            parts.append(f"{readable(name, limit=40)}: {text}")
    return "; ".join(parts)


def _body(response: UpstreamResponse) -> dict[str, Any]:
    try:
        return response.json()
    except MalformedJson:
        return {}  # the status says enough
