from http import HTTPStatus

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, header_values
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal

MAX_BODY = 1_048_576  # bytes
MAX_DISCARDED = 4 * MAX_BODY
BODY_DEADLINE = 10.0  # seconds for the whole body
DISCARD_DEADLINE = 2.0  # seconds


class Disconnected(Exception):
    """The client left before its body was complete, so it gets no answer."""


class RequestBody:
    """The body of one request. It is read, or discarded if the request is refused."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._declared = header_values(scope, "content-length")
        self._is_complete = False

    async def read(self, *, seconds: float = BODY_DEADLINE) -> bytes:
        """Return the whole body.

        Raises HttpRefusal with 413 if it is too long (at once if Content-Length says so), with 408 if it takes too
        long; Disconnected if the client leaves before its end.
        """
        if self._declared and self._declared[0].isdigit() and int(self._declared[0][:20]) > MAX_BODY:
            raise _too_large()
        with anyio.move_on_after(seconds):
            body = bytearray()
            while not self._is_complete:
                body += await self._next()
                if len(body) > MAX_BODY:
                    raise _too_large()
            return bytes(body)
        self._is_complete = True  # stop waiting for the rest
        raise HttpRefusal(HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {seconds:g} seconds.")

    async def discard(self, *, seconds: float = DISCARD_DEADLINE) -> None:
        """Receive the rest of the body without keeping it, up to a limit, before a refusal is sent.

        If a server closes while its client still sends, the connection is reset, and the client reports that instead of
        the refusal (RFC 9112 §9.6).
        """
        discarded = 0
        with anyio.move_on_after(seconds):
            while not self._is_complete and discarded <= MAX_DISCARDED:
                discarded += len(await self._next())

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        self._is_complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


def _too_large() -> HttpRefusal:
    return HttpRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body must not be longer than 1 MB.")
