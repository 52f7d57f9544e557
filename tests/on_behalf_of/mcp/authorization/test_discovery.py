"""How a client finds out where to log in (MCP authorization server discovery, §Scope Selection Strategy, RFC 9728)."""

from urllib.parse import urlsplit

import pytest

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import BASE_URL, LEGACY, MODERN, RunningBridge

WELL_KNOWN = "/.well-known/oauth-protected-resource"
METADATA = f'resource_metadata="{BASE_URL}{WELL_KNOWN}/mcp"'
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("path", [WELL_KNOWN, f"{WELL_KNOWN}/mcp"])
@pytest.mark.anyio
async def test_the_metadata_is_at_both_addresses_without_redirect(
    bridge: RunningBridge, path: str, tenant: FakeTenant
) -> None:
    """RFC 9728 §3.1: at the root, and with the endpoint's path appended."""
    async with bridge:
        response = await bridge.http.get(path, headers={"Origin": "https://anywhere.example"})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.json() == {
        "resource": "http://localhost:3001/mcp",
        "authorization_servers": [tenant.url],
        "scopes_supported": list(TOOLS.scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": "MCP bridge",
    }


@pytest.mark.anyio
@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_the_challenge_leads_to_the_metadata_of_the_server_that_was_called(
    bridge: RunningBridge, version: str
) -> None:
    """RFC 9728 §5.1 and §3.3: the resource is a prefix of the URL that the client called."""
    async with bridge:
        challenge = (await bridge.post(PING, **{"MCP-Protocol-Version": version})).headers["www-authenticate"]
        url = challenge.partition('resource_metadata="')[2].partition('"')[0]
        document = (await bridge.http.get(urlsplit(url).path)).json()
    assert f"{BASE_URL}/mcp".startswith(document["resource"])
    assert document["bearer_methods_supported"] == ["header"]


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_a_wrong_method_gets_a_login_challenge_too(bridge: RunningBridge, method: str) -> None:
    async with bridge:
        response = await bridge.http.request(method, "/mcp")
    assert response.status_code == 401
    assert METADATA in response.headers["www-authenticate"]


@pytest.mark.anyio
async def test_the_challenge_names_the_scopes_for_the_login(bridge: RunningBridge) -> None:
    """MCP authorization §Scope Selection Strategy: the rest comes by step-up, when a tool that needs it is called."""
    async with bridge:
        response = await bridge.post(PING)
    assert 'scope="tool:whoami tool:greet"' in response.headers["www-authenticate"]


def test_the_metadata_names_every_scope_of_every_tool() -> None:
    """RFC 9728 §2 scopes_supported; no `offline_access` (MCP authorization §Scope Selection Strategy)."""
    assert TOOLS.scopes == ("tool:whoami", "tool:greet", "tool:notes")


@pytest.mark.anyio
async def test_a_client_is_never_told_to_ask_for_offline_access(bridge: RunningBridge) -> None:
    """MCP authorization §Refresh Tokens: neither in challenges nor in scopes_supported, whatever the token has."""
    token = bridge.token(scope="openid offline_access tool:whoami")
    async with bridge:
        challenges = [
            (await bridge.post(PING)).headers["www-authenticate"],
            (await bridge.post(PING, bridge.token(exp=1))).headers["www-authenticate"],
            (await bridge.post(CALL, token)).headers["www-authenticate"],
        ]
    assert not any("offline_access" in each for each in (*challenges, str(bridge.configuration.resource.metadata())))
    assert all("scope=" in each for each in challenges)


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_notes"}}


@pytest.mark.anyio
async def test_if_no_tool_needs_a_scope_at_login_the_challenge_names_none(bridge: RunningBridge) -> None:
    """RFC 6750 §3: an empty scope attribute is not allowed."""
    bridge.registry = ToolRegistry([tool for tool in TOOLS if not tool.scopes])
    async with bridge:
        assert "scope=" not in (await bridge.post(PING)).headers["www-authenticate"]
