"""Models write null for an argument that they leave out: it counts as absent, unless the schema allows null."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_bridge.tools.get_datetime import GET_DATETIME
from on_behalf_of.mcp.json_schema import first_violation, without_nulls
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.notes_by_hand import ADD_NOTE, LIST_NOTES
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_null_for_an_optional_argument_is_absent_for_the_tool_and_for_the_api(
    bridge: RunningBridge, api: FakeApi, version: str
) -> None:
    make, headers = (modern_call, modern_headers("add_note")) if version == MODERN else (tools_call, {})
    async with bridge:
        response = await bridge.post(make("add_note", title="x", body=None), bridge.token(), **headers)
    assert response.json()["result"]["structuredContent"]["body"] == ""
    assert json.loads(api.received[0].body) == {"title": "x"}


async def test_null_means_the_default(bridge: RunningBridge) -> None:
    async with bridge:
        clock = await bridge.call("get_datetime", timezone=None)
        notes = await bridge.call("list_notes", page=None, page_size=None)
    assert clock["structuredContent"]["timezone"] == "UTC"
    assert notes["structuredContent"]["count"] == 0


async def test_no_arguments_at_all_may_be_null(bridge: RunningBridge) -> None:
    message = tools_call("whoami")
    message["params"]["arguments"] = None
    async with bridge:
        response = await bridge.post(message, bridge.token())
    assert response.json()["result"]["structuredContent"]["subject"] == "auth0|alice"


async def test_null_for_a_required_or_unknown_argument_is_reported(bridge: RunningBridge, api: FakeApi) -> None:
    async with bridge:
        assert "title: must be of type string" in await bridge.error_text("add_note", title=None, body=None)
        assert "colour is not known" in await bridge.error_text("add_note", title="x", colour=None)
    assert api.received == []


async def test_a_call_with_null_is_recorded_like_one_without_the_argument(bridge: RunningBridge) -> None:
    async with bridge:
        await bridge.call("add_note", None, title="x", body=None)
        await bridge.call("add_note", None, title="x")
        await bridge.call("add_note", None, title="x", body="")
    with_null, without, empty = (record.arguments_digest for record in bridge.calls)
    assert with_null == without != empty


ADDRESS = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
    "required": ["street"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"address": ADDRESS},
    "properties": {
        "name": {"type": "string"},
        "nickname": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "colour": {"enum": ["red", "blue"]},
        "anything": {"description": "Whatever."},
        "home": {"$ref": "#/$defs/address"},
        "either": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
        "places": {"type": "array", "items": {"$ref": "#/$defs/address"}},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
HOME = {"street": "Elm"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {  # None: it stays as it is
    "an optional one": ({"name": "a", "colour": None}, {"name": "a"}),
    "one that may be null": ({"name": "a", "nickname": None, "anything": None}, None),
    "an object": ({"name": "a", "home": None}, {"name": "a"}),
    "in an object": ({"name": "a", "home": HOME | {"number": None}}, {"name": "a", "home": HOME}),
    "in one of several forms": ({"name": "a", "either": HOME | {"number": None}}, {"name": "a", "either": HOME}),
    "in a list": ({"name": "a", "places": [HOME, HOME | {"number": None}]}, {"name": "a", "places": [HOME, HOME]}),
    "in a map": ({"name": "a", "labels": {"x": None, "y": "1"}}, {"name": "a", "labels": {"y": "1"}}),
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a required one": ({"name": None, "colour": None}, "name: must be of type string"),
    "a required one in an object": ({"name": "a", "home": {"street": None}}, "home.street: must be of type string"),
    "an unknown one": ({"name": "a", "x": None}, "x is not known"),
    "an item of a list": ({"name": "a", "numbers": [1, None]}, "numbers.1: must be of type integer"),
    "an item that is to be an object": ({"name": "a", "places": [None]}, "places.0: must be of type object"),
    "another mistake": ({"name": "a", "colour": None, "home": {}}, "home.street is missing"),
}


@pytest.mark.parametrize("case", CASES)
async def test_null_counts_as_absent_at_any_depth(bridge: RunningBridge, case: str) -> None:
    given, expected = CASES[case]
    seen: list[Any] = []

    def remember(call: ToolCall) -> ToolAnswer:
        """Remembers."""
        seen.append(call.arguments)
        return ToolAnswer({})

    bridge.registry = ToolRegistry([Tool(remember, input_schema=SCHEMA, calls_api=False)])
    async with bridge:
        await bridge.call("remember", None, **given)
    assert seen == [given if expected is None else expected]


@pytest.mark.parametrize("case", REFUSED)
def test_a_null_that_cannot_be_left_out_is_refused_by_name(case: str) -> None:
    given, words = REFUSED[case]
    assert first_violation(SCHEMA, without_nulls(SCHEMA, given)) == words


VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["red", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SCHEMA["properties"], "street", "number", "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "x"]), VALUES, max_size=6))
def test_leaving_nulls_out_changes_nothing_else_and_is_fast(value: dict[str, Any]) -> None:
    before = json.dumps(value)
    pruned = without_nulls(SCHEMA, value)
    assert json.dumps(value) == before
    assert without_nulls(SCHEMA, pruned) == pruned
    assert pruned == value if first_violation(SCHEMA, value) is None else True
    assert without_null_members(pruned) == without_null_members(value)
    assert all(name in pruned for name in value if name in {"name", "nickname", "anything", "x"})


def without_null_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_null_members(each) for name, each in value.items() if each is not None}
    return [without_null_members(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("tool", [ADD_NOTE, LIST_NOTES, GET_DATETIME], ids=lambda tool: tool.name)
def test_every_optional_argument_of_our_own_tools_may_be_null(tool: Tool) -> None:
    required = tool.input_schema.get("required", [])
    arguments = {name: "x" if name in required else None for name in tool.input_schema["properties"]}
    assert without_nulls(tool.input_schema, arguments) == dict.fromkeys(required, "x")
