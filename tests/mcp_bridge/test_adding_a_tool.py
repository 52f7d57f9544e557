"""Adding a tool, which is what readers do first, takes one declaration and no other change."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import override_settings

from config.environment import BASE_DIR
from on_behalf_of.drf.openapi.mcp_tool import said_of
from on_behalf_of.mcp.openapi.lock_file import locked_text
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.docs.blocks import blocks
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.openapi.orders_api import orders_api
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio


def my_scopes(call: ToolCall) -> ToolAnswer:
    """Tells which scopes you have at the API."""
    seen = call.api.get("/api/private-scope")
    return ToolAnswer({"scopes": seen["scopes"]}, f"The API grants you {' '.join(seen['scopes'])}.")


SCOPES = {"type": "object", "properties": {"scopes": {"type": "array"}}, "required": ["scopes"]}
MY_SCOPES = Tool(my_scopes, scopes=("tool:scopes",), output_schema=SCOPES)


async def test_the_documented_tool_works(bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/add-a-tool.md, through the real gate: listed, challenged, checked, and answered page by page."""
    *_, tool, registration = documented()
    assert len([line for line in (tool + registration).splitlines() if line]) < 15
    module = ModuleType("mcp_bridge.tools.find_notes")
    exec(tool, module.__dict__)  # noqa: S102 - our own documentation
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = dict(vars(sys.modules["mcp_bridge.tools.registry"]))
    exec(registration, names)  # noqa: S102
    bridge.registry = names["TOOLS"]
    async with bridge:
        refused = await bridge.post(tools_call("find_notes", word="milk"), bridge.token(scope="tool:whoami"))
        assert refused.status_code == 403
        assert "tool:notes" in refused.headers["www-authenticate"]
        async with bridge.mcp(bridge.token()) as client:
            listed = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert listed["find_notes"].title is None  # it would only repeat the name
            assert listed["find_notes"].description == "Finds your notes whose title holds a word."
            for number in range(120):
                await bridge.call("add_note", title=f"{'milk' if number % 60 == 59 else 'bread'} {number}")
            found = await client.call_tool("find_notes", {"word": "milk"})
        assert found.structured_content == {"titles": ["milk 59", "milk 119"]}
        assert "2 of your 120 notes have it." in str(found.content[0])
        assert "word is missing" in await bridge.error_text("find_notes")


def test_the_documented_two_lines_make_tools_of_the_named_operations(tmp_path: Path) -> None:
    declaration, *_ = documented()
    assert len([line for line in declaration.splitlines() if line]) == 2
    (tmp_path / "mcp_tools.lock.json").write_text(locked_text(orders_api(), {"orders_list": "list_orders"}))
    names: dict[str, Any] = {}
    with override_settings(BASE_DIR=tmp_path):
        exec(declaration, names)  # noqa: S102
    assert [tool.name for tool in names["TOOLS"]] == ["list_orders"]


def test_the_documented_view_says_how_its_action_is_offered() -> None:
    names: dict[str, Any] = {}
    exec(documented()[1], names)  # noqa: S102
    said = said_of(names["OrderViewSet"](action="cancel"), "POST")
    assert said == {"name": "cancel_order", "description": "Cancel an order that has not left the warehouse."}


def documented() -> list[str]:
    return [block.text for block in blocks("docs/add-a-tool.md", "python")]


def test_the_readme_leads_there() -> None:
    assert "(docs/add-a-tool.md)" in (BASE_DIR / "README.md").read_text()


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


async def test_a_tool_without_a_downstream_scope_requests_the_configured_one(
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
    """Loading it takes a second and 40 MB, and only the bridge needs it."""
    heavy = {"mcp", "mcp_types", "jsonschema", "requests"}
    program = f"import sys, mcp_bridge.tools.registry; print({heavy} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
