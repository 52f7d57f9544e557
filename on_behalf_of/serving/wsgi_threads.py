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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from on_behalf_of.primitives import time_budget

MEGABYTE = 1_048_576  # bytes
BODY_DEADLINE = 10.0  # seconds for a whole body
MAX_TARGET = 8_192  # characters of path and query
WATCH_AFTER = 0.05  # seconds of waiting for a thread before the caller is watched
BODY_VARIABLE = "SERVE_MAX_BODY"  # megabytes
THREADS_VARIABLE = "SERVE_THREADS"  # how `serve --threads` reaches the worker processes

NOT_BEGUN = b'{"detail": "The request waited too long and was not begun; try again."}'

Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], "bytes | Iterator[bytes]"]
WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class BodyRefused(Exception):
    """The request is refused before a thread is taken; `status` says why."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class WsgiThreads:
    """An RSGI application that runs a WSGI application in a bounded number of threads."""

    def __init__(
        self,
        application: WsgiApplication,
        *,
        threads: int | None = None,
        max_target: int = MAX_TARGET,
        max_body: int | None = None,
        body_deadline: float = BODY_DEADLINE,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._application = application
        self._max_target = max_target
        self._max_body = max_body or MEGABYTE * int(os.environ.get(BODY_VARIABLE, "1"))  # bytes
        self._body_deadline = body_deadline
        self._at_end = at_end
        self._size = threads or int(os.environ.get(THREADS_VARIABLE, "8"))
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="request")
        self._taken = 0  # requests that have a thread or wait for one

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
        loop = asyncio.get_running_loop()
        status, headers, answer = await self._in_thread(environ_of(scope, body), protocol, ends_at)
        if isinstance(answer, bytes):
            protocol.response_bytes(status, headers, answer)
            return
        transport = protocol.response_stream(status, headers)
        while (chunk := await loop.run_in_executor(self._threads, next, answer, None)) is not None:
            await transport.send_bytes(chunk)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._threads.shutdown(wait=True)  # calls in flight are finished
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

    async def _in_thread(self, environ: Environ, protocol: Any, ends_at: float | None) -> Answer:
        watch = _Watch(protocol)

        def begin() -> Answer:
            if watch.has_left or (ends_at is not None and time.monotonic() >= ends_at):
                headers = [("content-type", "application/json"), ("retry-after", "1"), ("cache-control", "no-store")]
                return HTTPStatus.SERVICE_UNAVAILABLE.value, headers, NOT_BEGUN
            return self._call(environ)

        if self._taken >= self._size:  # a free thread begins before the caller could hang up
            watch.begin_later()
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, begin)
        finally:
            self._taken -= 1
            watch.end()

    def _call(self, environ: Environ) -> Answer:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            started.append((status, headers))

        answer = self._application(environ, start_response)
        status, headers = started[-1]
        if getattr(answer, "streaming", False):
            return int(status[:3]), headers, _closing(answer)
        return int(status[:3]), headers, b"".join(_closing(answer))


class _Watch:
    """Notes if a caller that waits for a thread hangs up. Begins late, because watching costs more than most waits."""

    def __init__(self, protocol: Any) -> None:
        self.has_left = False
        self._protocol = protocol
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def begin_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER, self._begin)

    def end(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        await self._protocol.client_disconnect()
        self.has_left = True


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
