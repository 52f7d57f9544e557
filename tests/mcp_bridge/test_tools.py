"""What each tool answers, and how it refuses invalid arguments."""

import json
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.openapi.arguments import PAGING
from tests.issuer import BRIDGE_CLIENT
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


async def test_whoami_returns_what_the_token_says(bridge: RunningBridge) -> None:
    async with bridge:
        token = bridge.token(scope="tool:whoami", org_id="org_1", act={"sub": "agt_1", "client_id": "inspector"})
        result = await bridge.call("whoami", token)
    assert result["structuredContent"] == {
        "subject": "auth0|alice",
        "client_id": "inspector",
        "organization": "org_1",
        "scopes": ["tool:whoami"],
        "actors": [{"subject": "agt_1", "client_id": "inspector"}],
    }


async def test_greet_returns_the_user_that_the_api_saw_and_the_actors(bridge: RunningBridge) -> None:
    async with bridge:
        result = await bridge.call("greet")
    assert result["structuredContent"] == {
        "greeting": "Hello auth0|alice!",
        "subject": "auth0|alice",
        "client_id": BRIDGE_CLIENT,
        "current_actor": BRIDGE_CLIENT,
        "actor_chain": [BRIDGE_CLIENT, "inspector"],
    }


async def test_every_answer_has_text_for_people_and_for_old_clients(bridge: RunningBridge) -> None:
    """MCP tools §Structured Content."""
    async with bridge:
        result = await bridge.call("greet")
    sentence, document = (block["text"] for block in result["content"])
    assert sentence.startswith("Hello auth0|alice!")
    assert json.loads(document) == result["structuredContent"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
async def test_get_datetime_knows_iana_time_zones(bridge: RunningBridge, zone: str) -> None:
    async with bridge:
        result = await bridge.call("get_datetime", timezone=zone)
    assert result["structuredContent"]["timezone"] == zone
    assert datetime.fromisoformat(result["structuredContent"]["datetime"]).tzinfo


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "UTC\n", "", 5, ["UTC"]]
)
async def test_get_datetime_refuses_an_unknown_time_zone(bridge: RunningBridge, zone: Any) -> None:
    async with bridge:
        assert "timezone: " in await bridge.error_text("get_datetime", timezone=zone)


async def test_notes_are_added_and_listed_page_by_page(bridge: RunningBridge) -> None:
    async with bridge:
        for number in range(3):
            added = await bridge.call("add_note", title=f"note {number}", body="text")
        assert added["structuredContent"]["id"] == 3
        first = (await bridge.call("list_notes", page_size=2))["structuredContent"]
        last = (await bridge.call("list_notes", page=2, page_size=2))["structuredContent"]
    assert [note["title"] for note in first["items"]] == ["note 0", "note 1"]
    assert (first["count"], first["next_page"]) == (3, 2)
    assert [note["title"] for note in last["items"]] == ["note 2"]
    assert "next_page" not in last


async def test_urls_that_the_api_names_are_never_followed(bridge: RunningBridge, api: FakeApi) -> None:
    async with bridge:
        for number in range(2):
            await bridge.call("add_note", title=str(number))
        result = await bridge.call("list_notes", page_size=1)
    assert "elsewhere" not in json.dumps(result)
    assert api.received[-1].path == "/api/notes/?page_size=1"


MISFITS: list[tuple[str, dict[str, Any], str]] = [
    ("add_note", {}, "title is missing"),
    ("add_note", {"title": "x" * 201}, "title: must have at most 200 characters"),
    ("add_note", {"title": ""}, "title: must have at least 1 characters"),
    ("add_note", {"title": "x", "body": "x" * 10_001}, "body: must have at most 10000 characters"),
    ("add_note", {"title": ["x"]}, "title: must be of type string"),
    ("add_note", {"title": "x", "owner": "bob"}, "owner is not known"),
    ("list_notes", {"page": 0}, "page: must be at least 1"),
    ("list_notes", {"page": True}, "page: must be of type integer"),
    ("list_notes", {"page_size": 101}, "page_size: must be at most 100"),
    ("whoami", {"token": "x"}, "token is not known"),
]


@pytest.mark.parametrize(("tool", "arguments", "words"), MISFITS)
async def test_invalid_arguments_are_named_before_any_work(
    bridge: RunningBridge, tenant: FakeTenant, tool: str, arguments: dict[str, Any], words: str
) -> None:
    async with bridge:
        assert words in await bridge.error_text(tool, **arguments)
    assert tenant.forms == []


@pytest.mark.parametrize("tool", list(TOOLS), ids=lambda tool: tool.name)
def test_every_tool_declares_what_clients_need(tool: Any) -> None:
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"  # what revisions before 2026-07-28 ask for
    assert tool.title
    assert tool.description.endswith(".")
    assert all("description" in field for name, field in tool.input_schema["properties"].items() if name not in PAGING)


@pytest.mark.parametrize("tool", list(TOOLS), ids=lambda tool: tool.name)
def test_no_schema_has_a_list_of_types(tool: Any) -> None:
    """Inspector warns of it, since clients that turn schemas into OpenAPI's dialect drop such a tool."""
    assert '"type": [' not in json.dumps([tool.input_schema, tool.output_schema])


async def test_the_list_says_what_each_tool_may_do(bridge: RunningBridge) -> None:
    async with bridge, bridge.mcp(bridge.token()) as client:
        tools = (await client.list_tools()).tools
    hints = {tool.name: tool.annotations.model_dump(exclude_none=True) for tool in tools if tool.annotations}
    assert hints["greet"] == {"read_only_hint": True, "open_world_hint": False}
    assert hints["list_notes"] == {"read_only_hint": True}
    assert hints["delete_note"] == {"idempotent_hint": True}  # and destructive, as clients assume of any tool
    assert hints["add_note"] == {"destructive_hint": False, "open_world_hint": False}
    assert "update_note" not in hints  # what clients assume is true of it
