"""Write a request (RFC 9112 §3)."""

import json as json_format
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus

from on_behalf_of.http_client.connection_pool import Server

MAX_PORT = 65_535
_PORTS = {"http": 80, "https": 443}
# A URL that is sent as it is. Others are normalized first: characters quoted, the segments . and .. removed.
_PLAIN_URL = re.compile(
    r"(https?)://([a-z0-9][a-z0-9.-]*)(?::([1-9][0-9]{0,4}))?"
    r"((?:/(?!\.{1,2}(?:[/?]|\Z))(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})*)*)"
    r"(?:\?((?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-F]{2})*))?"
)
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]*")  # RFC 3986 §2.3
_QUOTED = {number: quote_plus(chr(number)) for number in range(128)}


class UnusableUrl(Exception):
    """No request can be sent to this address."""


class UnencodableRequest(Exception):
    """The request contains a number that JSON does not have."""


def written_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    params: Mapping[str, str] | Sequence[tuple[str, str]] | None,
    data: Mapping[str, str] | None,
    json: object,
) -> tuple[Server, bytes]:
    """Return the server to connect to, and the bytes to send it.

    Not checked: names and values of `headers`, which must not contain line breaks. Raises UnusableUrl,
    UnencodableRequest, UnicodeError for text that cannot be encoded, and TypeError for objects that are not JSON.
    """
    scheme, host, port, path, query = _parts(url)
    if params:
        query = f"{query}&{_form(params)}" if query else _form(params)
    target = f"{path or '/'}?{query}" if query else path or "/"
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {host if port == _PORTS[scheme] else f'{host}:{port}'}",
        "User-Agent: django-on-behalf-of",  # some servers refuse requests without one
        *([] if "Accept" in headers else ["Accept: application/json"]),
        "Accept-Encoding: identity",
        *[f"{name}: {value}" for name, value in headers.items()],
    ]
    body = b""
    if data:
        lines.append("Content-Type: application/x-www-form-urlencoded")
        body = _form(data).encode()
    elif json is not None:
        if "Content-Type" not in headers:
            lines.append("Content-Type: application/json")
        body = _as_json(json)
    if body or method not in {"GET", "HEAD"}:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return Server(scheme == "https", host.strip("[]"), port), head.encode("ascii") + body


def _form(fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Return what `urllib.parse.urlencode` does; it takes long for a token, which has nothing to quote."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])


def _quoted(text: str) -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text)


def _as_json(value: object) -> bytes:
    try:
        return json_format.dumps(value, allow_nan=False).encode()
    except ValueError:  # NaN or an infinity
        raise UnencodableRequest from None


def _parts(url: str) -> tuple[str, str, int, str, str]:
    """Return scheme, host (an IPv6 address in brackets), port, path and query. Raises UnusableUrl."""
    if (plain := _PLAIN_URL.fullmatch(url)) and (port := int(plain[3] or _PORTS[plain[1]])) <= MAX_PORT:
        return plain[1], plain[2], port, plain[4], plain[5] or ""
    return _normalized_parts(url)


def _normalized_parts(url: str) -> tuple[str, str, int, str, str]:
    from urllib3.exceptions import LocationParseError  # large, and seldom needed
    from urllib3.util import parse_url

    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise UnusableUrl from error
    # User and password do not belong into an address (RFC 9110 §4.2.4).
    if parts.scheme not in _PORTS or not parts.host or parts.host[0] in "*." or parts.auth:
        raise UnusableUrl
    return parts.scheme, parts.host, parts.port or _PORTS[parts.scheme], parts.path or "", parts.query or ""
