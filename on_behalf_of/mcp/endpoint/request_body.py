from http import HTTPStatus

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, header_values
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal

MAX_BODY = 1_048_576  # bytes
MAX_DISCARDED = 4 * MAX_BODY
BODY_DEADLINE = 10.0  # seconds for the whole body
DISCARD_DEADLINE = 2.0  # seconds


class Disconnected(Exception):
    """The client left before its body was complete, so no answer is sent."""


class RequestBody:
    """The body of one request, which is either read or, once the request is refused, discarded."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._declared = header_values(scope, "content-length")
        self._is_complete = False

    async def read(self, *, seconds: float = BODY_DEADLINE) -> bytes:
        """The whole body.

        Raises HttpRefusal with 413 where it is too long (at once where Content-Length says so) and with 408 where it
        takes too long; Disconnected where it never ends.
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
        self._is_complete = True  # as far as we are concerned: nothing more is waited for
        raise HttpRefusal(HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {seconds:g} seconds.")

    async def discard(self, *, seconds: float = DISCARD_DEADLINE) -> None:
        """Take in the rest without keeping it, up to a bound, before a refusal is sent.

        A server that closes while its client still sends resets the connection, and the client then reports that
        instead of the refusal (RFC 9112 §9.6).
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
