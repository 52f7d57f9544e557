"""The SDK's side of the MCP endpoint: one server, whose answers are JSON documents or streams."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import Route

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, Send
from on_behalf_of.mcp.endpoint.request_body import MAX_BODY
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.mcp.served_request import served_request


class Endpoint:
    """An ASGI app that serves the requests that passed the gate. Each is independent: there are no sessions.

    Answers are JSON documents, so that their status is known before anything is sent. A client that asks for progress
    gets a stream.
    """

    def __init__(self, server: Server[Any]) -> None:
        self._in_json, self._streaming = (
            StreamableHTTPSessionManager(
                server,
                stateless=True,
                json_response=in_json,
                max_request_body_size=8 * MAX_BODY,  # the gate has limited it; writing numbers again may lengthen it
                # The gate has already checked Host and Origin, by Django's rules.
                security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
            for in_json in (True, False)
        )

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        async with self._in_json.run(), self._streaming.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = self._streaming if served_request(scope).wants_progress else self._in_json
        await form.handle_request(scope, receive, send)


def build_endpoint(server: Server[Any], *, on_start: Callable[[], None], on_stop: Callable[[], None]) -> Starlette:
    """Return the endpoint with the lifespan of the process.

    `on_start` runs once, when the process begins to serve. `on_stop` runs on a thread after it has stopped, and may
    block. `server` should have no lifespan of its own, because both forms of answers would enter it.
    """
    endpoint = Endpoint(server)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with endpoint.run():
            on_start()
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(on_stop)

    return Starlette(routes=[Route(ENDPOINT, endpoint=endpoint)], lifespan=lifespan)
