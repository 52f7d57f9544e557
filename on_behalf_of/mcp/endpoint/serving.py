"""Serve one request that passed the gate, until it is answered or its client has gone."""

import asyncio
from contextlib import suppress

import anyio

from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Message, Receive, Scope
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.endpoint.response import Response


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
    gone = asyncio.Event()
    pending = [request]

    async def receive_rest() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop().canonical, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def watch() -> None:
        with suppress(OSError):  # the client has gone either way
            while (await receive())["type"] != "http.disconnect":
                pass
        if ends_with_connection and not response.is_complete:
            gone.set()
            answering.cancel()

    with anyio.CancelScope() as answering:
        watching = asyncio.create_task(watch())  # a task group would cost more than everything else here
        try:
            await app(scope, receive_rest, response)
        finally:
            watching.cancel()
