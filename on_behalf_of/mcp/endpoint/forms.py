"""The SDK's side of the MCP endpoint: one server, whose answers are JSON documents or streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, Send
from on_behalf_of.mcp.endpoint.request_body import MAX_BODY
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
