"""Serving one request that passed the gate, until it is answered or its client has gone."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Message, Receive, Scope, Send
from on_behalf_of.mcp.served_request import ServedRequest

Refuse = Callable[[Exception, Send], Awaitable[None]]


async def serve(
    app: AsgiApp, scope: Scope, receive: Receive, send: Send, *, body: bytes, ends_with_connection: bool
) -> None:
    """Let `app` answer a request with that body.

    Where the client closes the connection before the answer is complete, `app` is cancelled if
    `ends_with_connection`; otherwise it is not told. Raises what `app` raises.
    """
    gone = asyncio.Event()
    is_complete = False
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_rest() -> Message:
        if pending:
            return pending.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send_watched(message: Message) -> None:
        nonlocal is_complete
        await send(message)
        is_complete = is_last(message)

    async def watch() -> None:
        with suppress(OSError):  # no more is to be heard of a client either way
            while (await receive())["type"] != "http.disconnect":
                pass
        if ends_with_connection and not is_complete:
            gone.set()
            answering.cancel()

    with anyio.CancelScope() as answering:
        watching = asyncio.create_task(watch())  # a task group would cost more than all else here
        try:
            await app(scope, receive_rest, send_watched)
        finally:
            watching.cancel()


def heeding(served: ServedRequest, send: Send, refuse: Refuse) -> Send:
    """A `send` that replaces the whole response where serving it brought a refusal to light.

    The head of a response is held back until the first of its body: an answer in JSON is complete by then, so that
    its status can still be another. Once a stream has begun it is too late, and the answer on it has to say it.
    """
    head: Message | None = None
    is_replaced = False

    async def send_heeding(message: Message) -> None:
        nonlocal head, is_replaced
        if message["type"] == "http.response.start":
            head = message
            return
        if head is not None:
            if is_replaced := served.refusal is not None:
                await refuse(served.refusal, send)
            else:
                await send(head)
            head = None
        if is_last(message) and served.record is not None:
            served.record.is_answered = True
        if not is_replaced:
            await send(message)

    return send_heeding


def is_last(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body", False)
