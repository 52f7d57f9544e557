"""Which hosts and origins may speak to the MCP endpoint (MCP streamable HTTP §Security Warning; CORS).

Django's own checks do not cover the endpoint, so the same settings are applied here.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host

from on_behalf_of.mcp.endpoint.asgi_types import Headers, Scope, Send, header_values
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal

ANY = "*"
LONGEST_HOST = 300  # characters, with the port; names have at most 253 (RFC 1035 §2.3.4)
EXPOSED = "WWW-Authenticate, Retry-After, Mcp-Session-Id, Mcp-Protocol-Version"
_HEADER_NAMES = re.compile(r"[A-Za-z0-9\-_, ]{1,1000}")


def refuse_foreign_host(scope: Scope, allowed_hosts: Sequence[str]) -> None:
    """Refuse a request for another host, such as from a page that rebinds its DNS name to this machine.

    `allowed_hosts` has the form of Django's ALLOWED_HOSTS; ports do not matter. Raises HttpRefusal with 421.
    """
    hosts = header_values(scope, "host")
    if len(hosts) != 1 or len(hosts[0]) > LONGEST_HOST or not _is_allowed(hosts[0], tuple(allowed_hosts)):
        raise HttpRefusal(HTTPStatus.MISDIRECTED_REQUEST, "This server does not answer to that host name.")


@lru_cache(maxsize=64)
def _is_allowed(host: str, allowed_hosts: tuple[str, ...]) -> bool:
    domain = split_domain_port(host)[0]
    return bool(domain) and validate_host(domain, list(allowed_hosts))


def allowed_origin(
    scope: Scope, allowed_origins: Sequence[str], *, own_url: str, allowed_hosts: Sequence[str]
) -> str | None:
    """Return the request's Origin; None if it has none, in which case no browser sent it.

    Call it after `refuse_foreign_host`. Our own origin is allowed too: that of `own_url`, and that of the request's
    Host unless `allowed_hosts` accepts any, because then the name may have been rebound. Raises HttpRefusal with 403
    for any other origin.
    """
    origins = header_values(scope, "origin")
    if not origins:
        return None
    allowed = {*allowed_origins, "{0.scheme}://{0.netloc}".format(urlsplit(own_url))}
    if ANY not in allowed_hosts:
        allowed |= {f"{scheme}://{host}" for scheme in ("http", "https") for host in header_values(scope, "host")}
    if len(origins) == 1 and (ANY in allowed_origins or origins[0] in allowed):
        return origins[0]
    raise HttpRefusal(HTTPStatus.FORBIDDEN, "Pages of that origin may not use this server.")


async def answer_preflight(scope: Scope, send: Send) -> None:
    """Answer OPTIONS for an allowed origin. `shared_with` adds the origin itself."""
    # Echoed, because clients invent header names (Mcp-Param-*) and a wildcard does not cover Authorization.
    asked = ", ".join(header_values(scope, "access-control-request-headers"))
    headers: Headers = [
        (b"allow", b"POST, OPTIONS"),
        (b"access-control-allow-methods", b"POST, GET, DELETE"),  # GET and DELETE so that pages can read the 405
        (b"access-control-max-age", b"600"),
    ]
    if _HEADER_NAMES.fullmatch(asked):
        headers.append((b"access-control-allow-headers", asked.encode()))
    await send({"type": "http.response.start", "status": HTTPStatus.NO_CONTENT, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def shared_with(origin: str | None, headers: Headers) -> Headers:
    """Let pages of `origin` read the response. Credentials mode is not needed, because tokens are not cookies."""
    headers = [*headers, (b"vary", b"Origin")]
    if origin is not None:
        headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
        headers.append((b"access-control-expose-headers", EXPOSED.encode()))
    return headers
