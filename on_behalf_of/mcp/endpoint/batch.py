"""JSON-RPC batches, which only MCP 2025-03-26 has."""

import json
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import Message, Receive, Send
from on_behalf_of.mcp.endpoint.jsonrpc_request import INVALID_REQUEST, JsonRpcError, JsonRpcRequest, parse_batch

LONGEST = 20  # messages; each may use a thread, and ask tenant and API


@dataclass
class Answer:
    """The HTTP response to one message of a batch."""

    request: JsonRpcRequest
    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Store a part of the response. An ASGI `send`."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    @property
    def status(self) -> int:
        return int(self.start["status"])

    @property
    def document(self) -> Any:
        """Return the JSON-RPC answer; None for a notification, or if only the HTTP status says what is wrong."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def requests_of(content: bytes) -> tuple[JsonRpcRequest, ...]:
    """Return the messages of a batch. Raises JsonRpcError if any is malformed; then none of them is served."""
    requests = parse_batch(content, longest=LONGEST)
    if any(request.method == "initialize" for request in requests):
        raise JsonRpcError(INVALID_REQUEST, "initialize must not be part of a batch.")  # MCP 2025-03-26 lifecycle
    return requests


async def serve_batch(
    requests: Sequence[JsonRpcRequest],
    receive: Receive,
    send: Send,
    *,
    serve: Callable[[JsonRpcRequest, Receive, Send], Coroutine[Any, Any, None]],
    may_be_repeated: Callable[[], bool],
) -> None:
    """Serve all messages concurrently and separately (JSON-RPC 2.0 §6), and send their answers as one array.

    If the tenant no longer accepts the login and `may_be_repeated` is true, that is the answer to the whole batch, so
    that the client logs in and sends it again.
    """
    answers = [Answer(request) for request in requests]
    gone = anyio.Event()

    async def receive_rest() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def watch() -> None:
        with suppress(OSError):  # the client has gone either way
            while (await receive())["type"] != "http.disconnect":
                pass
        gone.set()

    async with anyio.create_task_group() as watching:
        watching.start_soon(watch)
        async with anyio.create_task_group() as tasks:
            for answer in answers:
                tasks.start_soon(serve, answer.request, receive_rest, answer.take)
        watching.cancel_scope.cancel()
    if not gone.is_set():
        await _send_together(answers, send, may_be_repeated=may_be_repeated())


async def _send_together(answers: Sequence[Answer], send: Send, *, may_be_repeated: bool) -> None:
    refused = [answer for answer in answers if answer.status >= HTTPStatus.BAD_REQUEST]
    for answer in refused:
        needs_login = answer.status == HTTPStatus.UNAUTHORIZED and may_be_repeated
        if needs_login or len(refused) == len(answers) or answer.document is None:
            await _send(send, answer.start, answer.body)
            return
    documents = [answer.document for answer in answers if answer.request.id is not None]
    if not documents:
        await _send(send, {"type": "http.response.start", "status": HTTPStatus.ACCEPTED, "headers": []}, b"")
        return
    body = json.dumps(documents, ensure_ascii=False, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await _send(send, {"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers}, body)


async def _send(send: Send, start: Message, body: bytes) -> None:
    await send(start)
    await send({"type": "http.response.body", "body": body})
