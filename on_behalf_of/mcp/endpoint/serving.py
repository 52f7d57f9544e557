"""Serve one request that passed the gate, until it is answered or its client has gone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Message, Receive, Scope
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.endpoint.response import Response

WATCH_AFTER = 0.05  # seconds


async def serve(
    app: AsgiApp,
    scope: Scope,
    receive: Receive,
    response: Response,
    *,
    request: JsonRpcRequest,
    ends_with_connection: bool,
) -> None:
    """Let `app` answer the request.

    If the client closes the connection before the response is complete, `app` is cancelled if `ends_with_connection`;
    otherwise it continues. Raises what `app` raises.
    """
    connection = _Connection(receive, request)

    def hang_up() -> None:
        if ends_with_connection and not response.is_complete:
            connection.gone.set()
            answering.cancel()

    with anyio.CancelScope() as answering:
        # Most requests are answered before that, and watching costs more than most of the other steps.
        watch = asyncio.get_running_loop().call_later(WATCH_AFTER, connection.watch, hang_up)
        try:
            await app(scope, connection.receive, response)
        finally:
            watch.cancel()
            connection.stop_watching()


class _Connection:
    """The client's side of one request: its body, and when the client goes away."""

    def __init__(self, receive: Receive, request: JsonRpcRequest) -> None:
        self._receive = receive
        self._unread: JsonRpcRequest | None = request
        self._watching: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        """Return the request's body, and later that the client has gone. An ASGI `receive`."""
        if self._unread is not None:
            request, self._unread = self._unread, None
            return {"type": "http.request", "body": request.canonical, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    def watch(self, on_close: Callable[[], None]) -> None:
        """Call `on_close` once the client closes the connection."""
        # A task group would cost more than everything else here.
        self._watching = asyncio.create_task(self._watch(on_close))

    def stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self, on_close: Callable[[], None]) -> None:
        with suppress(OSError):  # the client has gone either way
            while (await self._receive())["type"] != "http.disconnect":
                pass
        on_close()
