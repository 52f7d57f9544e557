"""The bridge serves clients of the current and of earlier revisions, tested with the SDK's own client."""

import json

import pytest

from mcp_bridge.tools.registry import TOOLS
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25"])
async def test_each_earlier_revision_gets_an_answer_that_it_can_read(bridge: RunningBridge, version: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), **{"MCP-Protocol-Version": version})
        result = response.json()["result"]
        assert json.loads(result["content"][1]["text"])["subject"] == "auth0|alice"


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_a_client_lists_and_calls_tools_in_either_era(bridge: RunningBridge, mode: str) -> None:
    async with bridge, bridge.mcp(bridge.token(), mode) as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == [tool.name for tool in TOOLS]
        result = await client.call_tool("greet")
        assert not result.is_error
        assert result.structured_content["subject"] == "auth0|alice"
