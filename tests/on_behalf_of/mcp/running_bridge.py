"""The whole bridge in this process, called over ASGI."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Self

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.guarded_cache import Cache
from on_behalf_of.mcp.bridge import Bridge, build_bridge
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, Send
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.records.call_recorder import Write
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi

BASE_URL = "http://localhost:3001"

ALL_SCOPES = " ".join(TOOLS.scopes)
LEGACY, MODERN = "2025-11-25", "2026-07-28"


class RunningBridge:
    def __init__(self, tenant: FakeTenant, api: FakeApi) -> None:
        self.tenant = tenant
        self.configuration = BridgeConfiguration(
            token_rules=TokenRules(tenant.url, BRIDGE_AUDIENCE),
            downstream_rules=TokenRules(tenant.url, API_AUDIENCE),
            key_fetching=KeyFetching(timeout=2),
            resource=ProtectedResource(
                BRIDGE_AUDIENCE, BASE_URL, tenant.url, TOOLS.scopes, "MCP bridge", endpoint="/mcp"
            ),
            clients=(ConfidentialClient(BRIDGE_CLIENT, secret=CLIENT_SECRET),),
            forwards_address=False,
            default_exchange_scope=("read:private",),
            api_base_url=api.url,
            upstream_timeout=5,
            record_key=b"a key for tests",
            allowed_hosts=("localhost", "127.0.0.1"),
            allowed_origins=("http://localhost:6274",),
            trusted_proxies=(),
        )
        self.registry: ToolRegistry = TOOLS
        self.asks_api = False  # whether the start compares generated tools with the API
        self.gate_changes: dict[str, Any] = {}
        self.calls: list[CallRecord] = []  # what the bridge recorded; complete once its lifespan is over
        self.write_calls: Write = self.calls.extend
        self.shared_cache: Cache | None = None  # with one, the configuration needs cache_keys
        self.app: Bridge
        self.http: httpx2.AsyncClient
        self._stack = AsyncExitStack()

    def configure(self, **changes: Any) -> None:
        self.configuration = replace(self.configuration, **changes)

    async def __aenter__(self) -> Self:
        keys = IssuerKeys(self.tenant.url, self.configuration.key_fetching)
        app = build_bridge(
            self.configuration,
            self.registry,
            keys=keys,
            pages=no_pages,
            write_calls=self.write_calls,
            shared_cache=self.shared_cache,
            asks_api=self.asks_api,
        )
        self.app = replace(app, gate=replace(app.gate, **self.gate_changes))
        await self._stack.enter_async_context(self.app.lifespan())
        self.http = await self._stack.enter_async_context(self.client())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=True)
        return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)

    @asynccontextmanager
    async def mcp(self, token: str, mode: str = "auto") -> AsyncIterator[Client]:
        """A real MCP client; `mode` is "auto" (finds the newest revision) or "legacy" (those before 2026-07-28)."""
        async with (
            self.client(token) as http,
            Client(streamable_http_client(f"{BASE_URL}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    def token(self, **changes: Any) -> str:
        """Return token A of alice with all tools' scopes, and with `changes` to its claims."""
        return self.tenant.token(**({"aud": BRIDGE_AUDIENCE, "scope": ALL_SCOPES} | changes))

    async def post(self, message: Any, token: str | None = None, **headers: str) -> httpx2.Response:
        """POST to /mcp. `message` is sent as JSON, or unchanged if it is bytes."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        defaults = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": LEGACY,
        }
        if token:
            defaults["Authorization"] = f"Bearer {token}"
        return await self.http.post("/mcp", content=body, headers=defaults | headers)

    async def call(self, tool: str, token: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        """Return the result of a tools/call. Raise if the gate refuses it."""
        response = await self.post(tools_call(tool, **arguments), token or self.token())
        assert response.status_code == 200, response.text
        result: dict[str, Any] = response.json()["result"]
        return result

    async def error_text(self, tool: str, token: str | None = None, /, **arguments: Any) -> str:
        """Return the text of a tool error."""
        result = await self.call(tool, token, **arguments)
        assert result.get("isError") is True, result
        text: str = result["content"][0]["text"]
        return text


def tools_call(tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def modern_call(tool: str, **arguments: Any) -> dict[str, Any]:
    message = tools_call(tool, **arguments)
    message["params"]["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return message


def modern_headers(tool: str) -> dict[str, str]:
    return {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}


async def no_pages(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError(f"{scope['path']} is not the endpoint's")
