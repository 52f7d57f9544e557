"""Scopes of tools: a missing scope that consent can grant is an HTTP 403, any other is a readable tool error."""

import time
from dataclasses import replace
from typing import Any

import pytest

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.notes_by_hand import LIST_NOTES
from tests.on_behalf_of.mcp.running_bridge import BASE_URL, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio


async def test_a_missing_scope_is_403_naming_all_that_the_tool_needs(bridge: RunningBridge) -> None:
    """MCP authorization §Scope Challenge Handling, RFC 6750 §3.1."""
    bridge.registry = ToolRegistry([replace(LIST_NOTES, scopes=("tool:notes", "tool:files"))])
    async with bridge:
        response = await bridge.post(tools_call("list_notes"), bridge.token(scope="tool:greet"))
    assert response.status_code == 403
    challenge = response.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="tool:notes tool:files"' in challenge
    assert f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource/mcp"' in challenge
    assert response.json()["error"]["data"]["scope"] == "tool:notes tool:files"
    assert "tool:notes" in response.json()["error"]["message"]  # for clients that read no headers
    assert response.json()["id"] == 1


async def test_the_challenge_includes_the_scopes_that_the_client_has(bridge: RunningBridge) -> None:
    """MCP 2025-11-25 §Scope Challenge Handling recommends it; since 2026-07-28 clients add what is challenged."""
    token = bridge.token(scope="tool:greet tool:whoami openid")
    async with bridge:
        earlier = await bridge.post(tools_call("list_notes"), token)
        current = await bridge.post(modern_call("list_notes"), token, **modern_headers("list_notes"))
    assert 'scope="tool:whoami tool:greet tool:notes"' in earlier.headers["www-authenticate"]
    assert 'scope="tool:notes"' in current.headers["www-authenticate"]
    assert earlier.json()["error"]["data"]["scope"] == "tool:notes"


async def test_a_user_who_may_have_the_scope_gets_the_403(bridge: RunningBridge) -> None:
    token = {"scope": "tool:greet", "permissions": ["tool:greet", "tool:notes"]}
    async with bridge:
        response = await bridge.post(tools_call("list_notes"), bridge.token(**token))
    assert response.status_code == 403


async def test_a_user_who_may_not_have_the_scope_gets_a_readable_tool_error(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    async with bridge:
        token = bridge.token(scope="tool:whoami", permissions=["tool:whoami"])
        text = await bridge.error_text("list_notes", token)
    assert "does not have the permission" in text
    assert "tool:notes" in text
    assert tenant.forms == []


async def test_a_tool_without_scopes_needs_only_a_login(bridge: RunningBridge) -> None:
    async with bridge:
        result = await bridge.call("get_datetime", bridge.token(scope=None))
    assert result["structuredContent"]["timezone"] == "UTC"


async def test_the_list_shows_the_tools_that_the_user_has_or_may_have_scopes_for(bridge: RunningBridge) -> None:
    async with bridge:
        without_claim = await _listed(bridge, bridge.token(scope="tool:whoami"))
        of_user = await _listed(bridge, bridge.token(scope="", permissions=["tool:whoami"]))
        of_administrator = await _listed(
            bridge, bridge.token(scope="", permissions=["tool:whoami", "tool:greet", "tool:notes"])
        )
    everything = [tool.name for tool in TOOLS]
    assert without_claim == of_administrator == everything
    assert of_user == ["whoami", "get_datetime"]


async def test_a_list_that_varies_by_user_has_private_cache_scope(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 caching."""
    async with bridge, bridge.mcp(bridge.token(), "2026-07-28") as client:
        listed = await client.list_tools()
    assert listed.cache_scope == "private"


@pytest.mark.parametrize("is_modern", [False, True])
async def test_a_token_that_the_tenant_no_longer_accepts_becomes_a_401(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, is_modern: bool
) -> None:
    """Only a new login helps, and a 401 makes a client start one."""
    tenant.reply = Reply(401, b'{"error":"invalid_grant","error_description":"session is over"}')
    async with bridge:
        if is_modern:
            response = await bridge.post(modern_call("greet"), bridge.token(), **modern_headers("greet"))
        else:
            response = await bridge.post(tools_call("greet"), bridge.token())
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert response.json()["id"] == 1
    assert api.received == []


def write_then_read(call: ToolCall) -> ToolAnswer:
    """Writes, and then reads."""
    call.api.post("/api/notes/", {"title": "x"})
    return ToolAnswer(call.api.get("/api/private-scope"))


@pytest.mark.parametrize("progress", [{}, {"_meta": {"progressToken": 1}}])
async def test_after_a_write_no_status_makes_the_client_repeat_the_call(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, progress: dict[str, Any]
) -> None:
    """A 401 makes clients log in and call again, which would write twice."""
    tenant.token_changes = {"exp": int(time.time()) + 20}  # too short to be kept: each request needs an exchange
    rejected = Reply(401, b'{"error":"invalid_grant","error_description":"session is over"}')
    api.listen = lambda received: setattr(tenant, "reply", rejected)
    bridge.registry = ToolRegistry([Tool(write_then_read, read_only=False)])
    message = tools_call("write_then_read")
    message["params"] |= progress
    async with bridge:
        response = await bridge.post(message, bridge.token())
    assert response.status_code == 200
    assert "www-authenticate" not in response.headers
    assert "Log in again. Part of the work may already be done" in response.text
    assert [each.method for each in api.received] == ["POST"]


async def test_an_unsent_write_does_not_keep_the_client_from_logging_in(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    tenant.reply = Reply(401, b'{"error":"invalid_grant"}')
    async with bridge:
        response = await bridge.post(tools_call("add_note", title="x"), bridge.token())
    assert response.status_code == 401
    assert api.received == []


async def _listed(bridge: RunningBridge, token: str) -> list[str]:
    response = await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, token)
    return [tool["name"] for tool in response.json()["result"]["tools"]]
