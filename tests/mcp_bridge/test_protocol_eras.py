"""The bridge answers clients of the current revision and of those before, over the SDK's own client."""

import pytest

from tests.mcp_bridge.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_a_client_lists_and_calls_tools_in_either_era(bridge: RunningBridge, mode: str) -> None:
    async with bridge, bridge.mcp(bridge.token(), mode) as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == ["whoami", "greet", "get_datetime", "list_notes", "add_note"]
        result = await client.call_tool("greet")
        assert not result.is_error
        assert result.structured_content["subject"] == "auth0|alice"
