"""Django's WSGI application behind granian's RSGI interface: the event loop receives bodies, threads run views.

Under WSGI, granian 2.8 reads a body in the thread that serves the request, however long the sender takes. Here a
thread is taken only once the whole body is there, so that slow senders cost other callers nothing.

A request is not begun if it has waited for a thread longer than its caller said it would wait
(`on_behalf_of.primitives.time_budget`), or if its caller has hung up; the answer is 503. Its token was not looked at
and nothing was done, so it leaves no row in the audit log.
"""

import asyncio
import io
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from on_behalf_of.audit.pending_row import NOT_RECORDED, PENDING, NotWritten, PendingRow
from on_behalf_of.primitives import time_budget
from on_behalf_of.serving.growing_threads import Call, GrowingThreads
from on_behalf_of.serving.worker_variables import BODY_VARIABLE, THREADS_VARIABLE

MEGABYTE = 1_048_576  # bytes
BODY_DEADLINE = 10.0  # seconds for a whole body
MAX_TARGET = 8_192  # characters of path and query
WATCH_AFTER = 0.05  # seconds of waiting for a thread before the caller is watched

NOT_BEGUN = b'{"detail": "The request waited too long and was not begun; try again."}'

Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], "bytes | Iterator[bytes]"]
WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class RowWriter(Protocol):
    def write(self, row: Any, seconds: float, done: Callable[[Exception | None], None]) -> None:
        """Write a row, and then call `done`, from any thread; never wait."""

    def stop(self) -> None:
        """Write what is waiting, and end."""


class BodyRefused(Exception):
    """The request is refused before a thread is taken; `status` says why."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class WsgiThreads:
    """An RSGI application that runs a WSGI application in threads: one, and more of them while views block.

    With a `writer`, calls are answered once it has written their rows, and no thread waits for that. A row that is not
    written in its time has the call refused by the application itself, which is asked again for that.
    """

    def __init__(
        self,
        application: WsgiApplication,
        *,
        threads: int | None = None,
        max_target: int = MAX_TARGET,
        max_body: int | None = None,
        body_deadline: float = BODY_DEADLINE,
        at_end: Callable[[], None] = lambda: None,
        writer: RowWriter | None = None,
    ) -> None:
        self._application = application
        self._max_target = max_target
        self._max_body = max_body or MEGABYTE * int(os.environ.get(BODY_VARIABLE, "1"))  # bytes
        self._body_deadline = body_deadline
        self._at_end = at_end
        self._writer = writer
        self._threads = GrowingThreads(
            threads or int(os.environ.get(THREADS_VARIABLE, "8")), on_tick=self._give_up_rows
        )
        self._unwritten: deque[tuple[float, Call]] = deque()  # until when (time.monotonic) the answer waits for its row

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        budget = time_budget.read_time_budget(scope.headers.get_all(time_budget.HEADER))
        ends_at = None if budget is None else time.monotonic() + budget
        try:
            body = await self._body(scope, protocol)
        except BodyRefused as refusal:
            content = b'{"detail": "%s"}' % str(refusal).encode()
            headers = [("content-type", "application/json"), ("connection", "close")]
            if "authorization" in scope.headers:  # RFC 6750 §5.3; a 414 may be cached otherwise (RFC 9110 §15.5.15)
                headers.append(("cache-control", "no-store"))
            protocol.response_bytes(refusal.status.value, headers, content)
            return
        environ = environ_of(scope, body)
        answer = await self._threads.run(partial(self._begin, environ), protocol, ends_at)
        if isinstance(answer, Exception):
            environ = environ_of(scope, body) | {NOT_RECORDED: answer}
            answer = await self._threads.run(partial(self._refuse, environ), protocol)
        status, headers, content = answer
        if isinstance(content, bytes):
            protocol.response_bytes(status, headers, content)
            return
        transport = protocol.response_stream(status, headers)
        while (chunk := await self._threads.run(partial(_next, content), protocol)) is not None:
            await transport.send_bytes(chunk)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._threads.stop()  # calls in flight are finished
        if self._writer:
            self._writer.stop()
        self._at_end()

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        if len(scope.path) + len(scope.query_string) > self._max_target:
            raise BodyRefused(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL is longer than {self._max_target} characters.")
        length = scope.headers.get("content-length", "0")
        if length == "0" and "transfer-encoding" not in scope.headers:
            return b""
        if not (length.isascii() and length.isdigit()):
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "Content-Length must be a number.")
        limit = f"{self._max_body / MEGABYTE:g} MB"
        too_large = BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request's body is larger than {limit}.")
        if int(length) > self._max_body:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_deadline):
                async for chunk in protocol:
                    body += chunk
                    if len(body) > self._max_body:
                        raise too_large
        except TimeoutError as error:
            raise BodyRefused(HTTPStatus.REQUEST_TIMEOUT, "The request's body did not arrive in time.") from error
        if length != "0" and len(body) != int(length):
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "The request's body ended early.")
        return bytes(body)

    def _begin(self, environ: Environ, call: Call, *, is_too_late: bool) -> None:
        """Call the application, in a thread. The result is its answer, or an error if its row was not written."""
        if is_too_late:
            headers = [("content-type", "application/json"), ("retry-after", "1"), ("cache-control", "no-store")]
            call.complete((HTTPStatus.SERVICE_UNAVAILABLE.value, headers, NOT_BEGUN))
            return
        if self._writer is None:
            call.complete(self._call(environ))
            return
        pending = environ[PENDING] = PendingRow()
        answer = self._call(environ)
        del environ[PENDING]  # the request holds the environ, and the report holds the request
        if pending.row is None:
            call.complete(answer)
            return
        report = pending.report

        def done(error: Exception | None) -> None:
            try:
                report(error, is_answered=call.is_over)
            finally:
                call.complete(error or answer)

        self._unwritten.append((time.monotonic() + pending.seconds, call))
        self._writer.write(pending.row, pending.seconds, done)

    def _refuse(self, environ: Environ, call: Call, *, is_too_late: bool) -> None:  # noqa: ARG002 - as _begin
        call.complete(self._call(environ))

    def _give_up_rows(self) -> None:
        """Refuse calls whose rows a hanging commit holds up. Rows may still be written; answers need theirs."""
        now = time.monotonic()
        while self._unwritten and (self._unwritten[0][1].is_over or self._unwritten[0][0] <= now):
            self._unwritten.popleft()[1].complete(NotWritten())

    def _call(self, environ: Environ) -> Answer:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            started.append((status, headers))

        answer = self._application(environ, start_response)
        status, headers = started[-1]
        if getattr(answer, "streaming", False):
            return int(status[:3]), headers, _closing(answer)
        return int(status[:3]), headers, b"".join(_closing(answer))


def _next(content: Iterator[bytes], call: Call, *, is_too_late: bool) -> None:  # noqa: ARG001 - as _begin
    call.complete(next(content, None))


def _closing(answer: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from answer
    finally:
        if close := getattr(answer, "close", None):
            close()


def environ_of(scope: Any, body: bytes) -> Environ:
    """Return the WSGI environment (PEP 3333) for an RSGI scope."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name in scope.headers.keys():  # noqa: SIM118 - not a dict; iterating it gives something else
        if "_" in name:
            continue  # X_Forwarded_For would be read as X-Forwarded-For
        separator = "; " if name == "cookie" else ","
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = separator.join(scope.headers.get_all(name))
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
