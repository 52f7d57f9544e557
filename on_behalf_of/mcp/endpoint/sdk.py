"""The SDK's side of the MCP endpoint, loaded by the first request that needs it.

The SDK takes half of the time in which a process starts, and a third of its memory. Processes that only ever get the
usual requests, which `fast_path` answers, do without it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from typing import TYPE_CHECKING

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, Send
from on_behalf_of.mcp.endpoint.tool_caller import ToolCaller
from on_behalf_of.mcp.tool_registry import ToolRegistry

if TYPE_CHECKING:
    from on_behalf_of.mcp.endpoint.forms import Endpoint


def build_endpoint(registry: ToolRegistry, caller: ToolCaller) -> "Endpoint":
    """Load the SDK, and return an endpoint for the tools. Takes half a second."""
    from on_behalf_of.mcp.endpoint.forms import Endpoint
    from on_behalf_of.mcp.endpoint.mcp_server import build_server

    return Endpoint(build_server(registry, caller))


class Sdk:
    """An ASGI app that answers requests that passed the gate, by the endpoint that `build` returns.

    It works while `run` does, which can be entered once.
    """

    def __init__(self, build: "Callable[[], Endpoint]") -> None:
        self._build = build
        self._loading: asyncio.Task[Endpoint] | None = None
        self._running: asyncio.Task[None] | None = None
        self._ends = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = await self._loaded()
        await endpoint(scope, receive, send)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._ends.set()
            if self._loading is not None:
                await asyncio.wait([self._loading])
            if self._running is not None:
                await self._running

    async def _loaded(self) -> "Endpoint":
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            # With a context of its own: it belongs to no request, and serves those that come later.
            self._loading = asyncio.get_running_loop().create_task(self._load(), context=Context())
        return await asyncio.shield(self._loading)  # others wait for it, too

    async def _load(self) -> "Endpoint":
        endpoint = await asyncio.to_thread(self._build)  # meanwhile, other requests are answered
        begun = asyncio.get_running_loop().create_future()
        # A task of its own, because what it enters has to be left by the same task.
        self._running = asyncio.create_task(self._run(endpoint, begun))
        await begun
        return endpoint

    async def _run(self, endpoint: "Endpoint", begun: "asyncio.Future[None]") -> None:
        try:
            async with endpoint.run():
                begun.set_result(None)
                await self._ends.wait()
        except Exception as error:
            if begun.done():
                raise
            begun.set_exception(error)
