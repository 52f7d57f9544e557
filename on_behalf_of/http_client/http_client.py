"""An HTTP client for the tenant and the API: pooled, limited in time and size, and without cookies or redirects."""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any

import certifi

from on_behalf_of.http_client.answer import Answer, BrokenOff, TooLong, read_answer
from on_behalf_of.http_client.connection_pool import ConnectionPool, Server, tls_context
from on_behalf_of.http_client.http_exchange_deadline import NotConnected, SocketDeadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.written_request import UnencodableRequest, UnusableUrl, written_request
from on_behalf_of.primitives.strict_json import parse_json, parse_object

MAX_ANSWER = 1_048_576  # bytes


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
    """A pool of connections for one kind of server.

    It keeps no cookies, follows no redirects, and reads neither proxies nor certificates nor .netrc from the
    environment, which the operator did not configure. Safe to share between threads.
    """

    def __init__(self, *, timeout: float, ca_file: Path | None = None, pool_size: int = 64) -> None:
        self._timeout = timeout
        self._pool = ConnectionPool(tls_context(str(ca_file or certifi.where())), most=pool_size)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
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
        host = url.partition("//")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
        headers = headers or {}
        if not all(map(_is_allowed, headers.values())):
            raise UpstreamError(f"A header for {host} contains characters that are not allowed in headers.")
        with SocketDeadline(seconds, interruption) as watch:
            try:
                server, request = written_request(method, url, headers, params=params, data=data, json=json)
                answer = self._exchange(server, request, method, watch, max_bytes)
            except (UnicodeError, UnencodableRequest):  # their text and context would show what could not be encoded
                raise UpstreamError(f"The request to {host} cannot be encoded.") from None
            except TooLong as error:
                what = f"{host} sent more than {max_bytes} bytes, which is too long for an answer."
                raise UpstreamAnswerTooLarge(what) from error
            except (OSError, HTTPException, BrokenOff, UnusableUrl) as error:
                raise _explained(error, host, seconds, watch) from error
        return UpstreamResponse(answer.status, answer.headers, answer.body)

    def _exchange(self, server: Server, request: bytes, method: str, watch: SocketDeadline, max_bytes: int) -> Answer:
        sock = self._pool.take(server, watch)
        is_open = False
        try:
            _send(sock, request, watch)
            answer = read_answer(sock, method, watch, max_bytes=max_bytes)
            # Before the connection is in the pool, where another thread may take it at once.
            watch.release()
            watch.check()
            is_open = not answer.is_last
        finally:
            if not is_open:
                watch.release()
                sock.close()
        if is_open:
            self._pool.keep(server, sock)
        return answer


def _is_allowed(value: str) -> bool:
    """Return whether a header may have this value (RFC 9110 §5.5), without bytes that have no agreed meaning."""
    return value.isascii() and value.replace("\t", " ").isprintable()


def _send(sock: socket.socket, request: bytes, watch: SocketDeadline) -> None:
    unsent = memoryview(request)
    # A server may refuse a request, and close the connection, before it has read all of it. Then its answer is read.
    with suppress(BrokenPipeError, ConnectionResetError):
        while unsent:
            watch.limit(sock)
            unsent = unsent[sock.send(unsent) :]


def _explained(error: Exception, host: str, seconds: float, watch: SocketDeadline) -> UpstreamError:  # noqa: PLR0911
    """Return our error for one of the socket, of TLS or of HTTP. An expired deadline counts as the cause of any."""
    causes = list(_causes(error))
    if watch.interrupted:
        return UpstreamInterrupted(f"The answer of {host} is no longer wanted.")
    if watch.expired or any(isinstance(cause, TimeoutError) for cause in causes):
        return UpstreamTimeout(f"{host} did not answer within {seconds:g} seconds.")
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return UpstreamUnreachable(
            f"{host} has a TLS certificate that is not trusted here; set UPSTREAM_CA_FILE if it comes from your own CA."
        )
    if isinstance(error, ssl.SSLError):
        return UpstreamUnreachable(f"{host} does not speak TLS correctly.")
    if isinstance(error, BrokenOff):
        return UpstreamAnswerMalformed(f"{host} broke off its answer or encoded it wrongly.")
    # RemoteDisconnected is an HTTPException, but means that no answer came at all.
    if isinstance(error, HTTPException) and not isinstance(error, RemoteDisconnected):
        return UpstreamAnswerMalformed(f"{host} answered with something that is not HTTP.")
    if isinstance(error, NotConnected):
        return UpstreamNotConnected(f"{host} cannot be reached.")
    return UpstreamUnreachable(f"{host} cannot be reached.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
