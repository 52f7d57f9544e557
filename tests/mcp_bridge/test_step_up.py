"""Scopes of tools: what consent can mend is an HTTP 403, what it cannot is a readable tool error."""

import pytest

from tests.mcp_bridge.fake_api import FakeApi
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.loopback_server import Reply
from tests.mcp_bridge.running_bridge import BASE_URL, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio


async def test_a_missing_scope_is_403_naming_all_that_the_tool_needs(bridge: RunningBridge) -> None:
    """MCP authorization §Scope Challenge Handling, RFC 6750 §3.1."""
    async with bridge:
        response = await bridge.post(tools_call("list_notes"), bridge.token(scope="tool:greet"))
    assert response.status_code == 403
    challenge = response.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="tool:notes"' in challenge
    assert f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource"' in challenge
    assert "tool:notes" in response.json()["error"]["message"]  # for clients that read no headers
    assert response.json()["id"] == 1


async def test_a_user_who_could_be_granted_the_scope_gets_the_403(bridge: RunningBridge) -> None:
    token = {"scope": "tool:greet", "permissions": ["tool:greet", "tool:notes"]}
    async with bridge:
        response = await bridge.post(tools_call("list_notes"), bridge.token(**token))
    assert response.status_code == 403


async def test_a_user_who_never_could_gets_a_readable_tool_error(bridge: RunningBridge, tenant: FakeTenant) -> None:
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


async def test_the_list_shows_what_the_user_has_or_could_be_granted(bridge: RunningBridge) -> None:
    async with bridge:
        without_claim = await _listed(bridge, bridge.token(scope="tool:whoami"))
        of_user = await _listed(bridge, bridge.token(scope="", permissions=["tool:whoami"]))
        of_administrator = await _listed(
            bridge, bridge.token(scope="", permissions=["tool:whoami", "tool:greet", "tool:notes"])
        )
    everything = ["whoami", "greet", "get_datetime", "list_notes", "add_note"]
    assert without_claim == of_administrator == everything
    assert of_user == ["whoami", "get_datetime"]


async def test_a_list_that_varies_by_user_is_private_to_caches(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 caching."""
    async with bridge, bridge.mcp(bridge.token(), "2026-07-28") as client:
        listed = await client.list_tools()
    assert listed.cache_scope == "private"


@pytest.mark.parametrize("is_modern", [False, True])
async def test_a_token_that_the_tenant_no_longer_accepts_becomes_a_401(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, is_modern: bool
) -> None:
    """Only a new login helps, and a 401 is what makes a client begin one."""
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


async def _listed(bridge: RunningBridge, token: str) -> list[str]:
    response = await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, token)
    return [tool["name"] for tool in response.json()["result"]["tools"]]
