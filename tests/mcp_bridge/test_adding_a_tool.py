"""The first thing that a reader would do with this project: one declaration, and nothing else to touch."""

import subprocess
import sys

import pytest

from mcp_bridge.tool import Tool, ToolAnswer, ToolCall
from mcp_bridge.tool_registry import ToolRegistry
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio


def answer(call: ToolCall) -> ToolAnswer:
    seen = call.api.get("/api/private-scope")
    return ToolAnswer({"scopes": seen["scopes"]}, f"The API grants you {' '.join(seen['scopes'])}.")


MY_SCOPES = Tool(
    name="my_scopes",
    title="My scopes",
    description="Tells which scopes you have at the API.",
    scopes=("tool:scopes",),
    input_schema={"type": "object", "additionalProperties": False},
    output_schema={"type": "object", "properties": {"scopes": {"type": "array"}}, "required": ["scopes"]},
    answer=answer,
)


async def test_one_declaration_drives_list_call_metadata_and_challenge(bridge: RunningBridge) -> None:
    bridge.registry = ToolRegistry([MY_SCOPES])
    assert bridge.registry.scopes == ("tool:scopes",)
    async with bridge:
        refused = await bridge.post(tools_call("my_scopes"), bridge.token(scope=""))
        assert 'scope="tool:scopes"' in refused.headers["www-authenticate"]
        async with bridge.mcp(bridge.token(scope="tool:scopes")) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["my_scopes"]
            result = await client.call_tool("my_scopes")
    assert result.structured_content == {"scopes": ["read:private"]}


async def test_a_tool_that_names_no_downstream_scope_asks_for_the_configured_one(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    """MCP_AUTH0_EXCHANGE_SCOPE."""
    bridge.registry = ToolRegistry([MY_SCOPES])
    bridge.configure(default_exchange_scope=("write:private", "read:private"))
    async with bridge:
        await bridge.call("my_scopes", bridge.token(scope="tool:scopes"))
    assert tenant.forms[0]["scope"] == "write:private read:private"


async def test_without_a_configured_scope_the_tenant_decides(bridge: RunningBridge, tenant: FakeTenant) -> None:
    bridge.registry = ToolRegistry([MY_SCOPES])
    bridge.configure(default_exchange_scope=())
    async with bridge:
        await bridge.call("my_scopes", bridge.token(scope="tool:scopes"))
    assert "scope" not in tenant.forms[0]


def test_other_services_read_the_scopes_without_loading_the_sdk() -> None:
    """It costs a second and 40 MB, which only the bridge has a use for."""
    program = "import sys, mcp_bridge.tools; print({'mcp', 'mcp_types', 'jsonschema', 'requests'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"


def test_two_tools_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="same name"):
        ToolRegistry([MY_SCOPES, MY_SCOPES])
