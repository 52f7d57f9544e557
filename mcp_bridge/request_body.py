from http import HTTPStatus

import anyio

from mcp_bridge.asgi_types import Message, Receive, Scope, header_values
from mcp_bridge.http_refusal import HttpRefusal

MAX_BODY = 1_048_576  # bytes
BODY_DEADLINE = 10.0  # seconds for the whole body


class Disconnected(Exception):
    """The client went away before its body was complete; there is nobody to answer."""


async def read_body(scope: Scope, receive: Receive, *, seconds: float = BODY_DEADLINE) -> bytes:
    """The whole body of a request.

    Raises HttpRefusal with 413 where it is too long (at once where Content-Length says so) and with 408 where it
    takes too long; Disconnected where it never ends.
    """
    declared = header_values(scope, "content-length")
    if declared and declared[0].isdigit() and int(declared[0][:20]) > MAX_BODY:
        raise _too_large()
    with anyio.move_on_after(seconds):
        return await _read(receive)
    raise HttpRefusal(
        HTTPStatus.REQUEST_TIMEOUT,
        f"The body did not arrive within {seconds:g} seconds.",
        headers=(("connection", "close"),),
    )


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first, then whatever still comes (a disconnect)."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again


def _too_large() -> HttpRefusal:
    return HttpRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body must not be longer than 1 MB.")
