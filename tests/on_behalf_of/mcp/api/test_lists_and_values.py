"""What a tool can read from other APIs: whole lists, single values, or nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from on_behalf_of.mcp.api.client import Downstream
from on_behalf_of.mcp.schema import NO_ARGUMENTS
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import Reply
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio
NOTE = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
NOTES = [{"id": number} for number in range(3)]


def asking(ask: Callable[[Downstream], Any]) -> ToolRegistry:
    def read(call: ToolCall) -> ToolAnswer:
        """Reads from the API."""
        return ToolAnswer({"read": ask(call.api)})

    return ToolRegistry([Tool(read, input_schema=NO_ARGUMENTS, downstream_scopes=("read:private",))])


@pytest.mark.parametrize("value", [[1, "a", None], {"a": [1]}, "text", 3, True, None, []], ids=repr)
async def test_a_tool_reads_json_of_any_type(bridge: RunningBridge, api: FakeApi, value: Any) -> None:
    api.reply = Reply(200, json.dumps(value).encode())
    bridge.registry = asking(lambda api: api.get_value("/api/value"))
    async with bridge:
        assert (await bridge.call("read"))["structuredContent"] == {"read": value}


async def test_an_answer_without_content_is_none(bridge: RunningBridge, api: FakeApi) -> None:
    api.reply = Reply(204)
    bridge.registry = asking(lambda api: api.get_value("/api/value"))
    async with bridge:
        assert (await bridge.call("read"))["structuredContent"] == {"read": None}


async def test_a_list_without_pages_is_read_whole(bridge: RunningBridge, api: FakeApi) -> None:
    api.reply = Reply(200, json.dumps(NOTES).encode())
    bridge.registry = asking(lambda api: api.get_list("/api/notes/", expect=NOTE))
    async with bridge:
        assert (await bridge.call("read"))["structuredContent"] == {"read": NOTES}


@pytest.mark.parametrize(("most", "is_complete"), [(3, True), (2, False)])
async def test_items_are_read_from_an_api_without_pages(
    bridge: RunningBridge, api: FakeApi, most: int, is_complete: bool
) -> None:
    def gather(api: Downstream) -> Any:
        found = api.get_items("/api/notes/", most=most, expect=NOTE)
        return [found.items, found.count, found.is_complete]

    api.reply = Reply(200, json.dumps(NOTES).encode())
    bridge.registry = asking(gather)
    async with bridge:
        assert (await bridge.call("read"))["structuredContent"] == {"read": [NOTES[:most], 3, is_complete]}
    assert len(api.received) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"id": 1}', "must be of type array"),
        (b'[{"id": "one"}]', "0.id: must be of type integer"),
        (b'[{"id": 1, "id": 2}]', "it is not JSON"),
        (b"[1,", "it is not JSON"),
    ],
)
async def test_a_list_of_another_shape_is_reported(
    bridge: RunningBridge, api: FakeApi, body: bytes, words: str
) -> None:
    api.reply = Reply(200, body)
    bridge.registry = asking(lambda api: api.get_list("/api/notes/", expect=NOTE))
    async with bridge:
        assert words in await bridge.error_text("read")
