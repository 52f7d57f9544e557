"""An HTTP client for the tenant and the API: pooled, limited in time and size, and without cookies or redirects."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter

from on_behalf_of.http_client.http_exchange_deadline import NotConnected, SocketDeadline, watched_pool_classes
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.strict_json import parse_json, parse_object

MAX_ANSWER = 1_048_576  # bytes
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")  # RFC 9110 §5.5, without bytes that have no agreed meaning


class UpstreamError(Exception):
    """The server gave no usable answer. The text names the host and what to check, never what was sent."""


class UpstreamUnreachable(UpstreamError):
    """No connection: refused, unknown host, or TLS that is not trusted."""


class UpstreamNotConnected(UpstreamUnreachable):
    """No connection was made, so nothing was sent, and any request may be repeated."""


class UpstreamTimeout(UpstreamError):
    """No complete answer before the deadline."""


class UpstreamInterrupted(UpstreamError):
    """The caller no longer wants the answer. The server may or may not have done what was asked."""


class UpstreamAnswerTooLarge(UpstreamError):
    """The answer is longer than allowed."""


class UpstreamAnswerMalformed(UpstreamError):
    """The answer is not HTTP, or its encoding is broken."""


@dataclass(frozen=True)
class UpstreamResponse:
    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises strict_json.MalformedJson for anything else."""
        return parse_object(self.body)

    def json_value(self) -> Any:
        """Return the body as a JSON value of any type. Raises strict_json.MalformedJson."""
        return parse_json(self.body)


class UpstreamHttp:
    """A pool of connections for one kind of server, without a session of requests.

    So it keeps no cookies, follows no redirects, and reads neither proxies nor certificates nor .netrc from the
    environment, which the operator did not configure. Safe to share between threads.
    """

    def __init__(self, *, timeout: float, ca_file: Path | None = None, pool_size: int = 64) -> None:
        self._timeout = timeout
        self._adapter = _Adapter(tls_context(str(ca_file or certifi.where())), pool_size)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        json: object = None,
        max_bytes: int = MAX_ANSWER,
        deadline: float | None = None,
        interruption: Interruption | None = None,
    ) -> UpstreamResponse:
        """Send one request and return its whole answer, within `deadline` seconds (default: this object's timeout).

        `interruption` ends the request at once with UpstreamInterrupted. Every status is an answer, redirects too.
        Raises UpstreamError, also for headers that HTTP does not allow. Name resolution has only the system's own
        time limit.
        """
        seconds = self._timeout if deadline is None else max(deadline, 0.001)
        host = urlsplit(url).netloc.rpartition("@")[2]
        if not all(_HEADER_VALUE.fullmatch(value) for value in (headers or {}).values()):
            # Checked here, because the error of requests would repeat the value.
            raise UpstreamError(f"A header for {host} contains characters that are not allowed in headers.")
        with SocketDeadline(seconds, interruption) as watch, _translated(host, seconds, watch):
            headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
            prepared = requests.Request(method, url, headers, params=params, data=data, json=json).prepare()
            with self._adapter.send(prepared, stream=True, timeout=seconds) as response:
                body = b"".join(_bounded(response, max_bytes, host))
                watch.check()
            return UpstreamResponse(response.status_code, response.headers, body)


def _bounded(response: requests.Response, max_bytes: int, host: str) -> Iterator[bytes]:
    total = 0
    for chunk in response.iter_content(65_536):
        total += len(chunk)
        if total > max_bytes:
            raise UpstreamAnswerTooLarge(f"{host} sent more than {max_bytes} bytes, which is too long for an answer.")
        yield chunk


@contextmanager
def _translated(host: str, seconds: float, watch: SocketDeadline) -> Iterator[None]:
    """Turn errors of requests into ours. An expired deadline counts as the cause of any error."""
    try:
        yield
    except UnicodeError:  # its text and context would show what could not be encoded
        raise UpstreamError(f"The request to {host} cannot be encoded.") from None
    except (TimeoutError, requests.RequestException) as error:
        if watch.interrupted:
            raise UpstreamInterrupted(f"The answer of {host} is no longer wanted.") from error
        if watch.expired or any(isinstance(cause, TimeoutError | requests.Timeout) for cause in _causes(error)):
            raise UpstreamTimeout(f"{host} did not answer within {seconds:g} seconds.") from error
        raise _explained(error, host) from error


def _explained(error: Exception, host: str) -> UpstreamError:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return UpstreamUnreachable(
            f"{host} has a TLS certificate that is not trusted here; set UPSTREAM_CA_FILE if it comes from your own CA."
        )
    if isinstance(error, requests.exceptions.SSLError):
        return UpstreamUnreachable(f"{host} does not speak TLS correctly.")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return UpstreamAnswerMalformed(f"{host} broke off its answer or encoded it wrongly.")
    # RemoteDisconnected is an HTTPException, but means that no answer came at all.
    if any(isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected) for cause in causes):
        return UpstreamAnswerMalformed(f"{host} answered with something that is not HTTP.")
    if any(isinstance(cause, NotConnected) for cause in causes):
        return UpstreamNotConnected(f"{host} cannot be reached.")
    return UpstreamUnreachable(f"{host} cannot be reached.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@cache
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return one context for all pools that trust the same file: reading it costs milliseconds and megabytes."""
    return ssl.create_default_context(cafile=ca_file)


class _Adapter(HTTPAdapter):
    """Shares one TLS context between all connections; requests would read the CA file for each of them."""

    def __init__(self, context: ssl.SSLContext, pool_size: int) -> None:
        self._context = context
        super().__init__(pool_connections=8, pool_maxsize=pool_size)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = watched_pool_classes()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - requests' signature
        conn.cert_reqs, conn.ca_certs, conn.ca_cert_dir = "CERT_REQUIRED", None, None
