"""Paginated lists of the API: requested by number, bounded, and within the call's deadline."""

import json
from typing import Any

import pytest

from on_behalf_of.mcp.api.pages import MOST_PAGES
from on_behalf_of.mcp.schema import NO_ARGUMENTS
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import Received, Reply
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


def gathering(**options: Any) -> ToolRegistry:
    def gather(call: ToolCall) -> ToolAnswer:
        """Gathers notes."""
        found = call.api.get_items("/api/notes/", **options)
        titles = [item["title"] for item in found.items]
        return ToolAnswer({"titles": titles, "count": found.count, "is_complete": found.is_complete})

    return ToolRegistry([Tool(gather, input_schema=NO_ARGUMENTS, downstream_scopes=("read:private",))])


@pytest.fixture
def notes(api: FakeApi) -> FakeApi:
    api.notes["auth0|alice"] = [{"id": number, "title": str(number)} for number in range(25)]
    return api


@pytest.mark.parametrize(
    ("most", "gathered", "is_complete", "pages"),
    [(100, 25, True, 3), (25, 25, True, 3), (20, 20, False, 2), (5, 5, False, 1)],
)
async def test_pages_are_read_until_there_are_enough_items(
    bridge: RunningBridge, notes: FakeApi, most: int, gathered: int, is_complete: bool, pages: int
) -> None:
    bridge.registry = gathering(most=most, page_size=10, params={"order": "title"})
    async with bridge:
        found = (await bridge.call("gather"))["structuredContent"]
    assert found == {
        "titles": [str(number) for number in range(gathered)],
        "count": 25,
        "is_complete": is_complete,
    }
    assert [each.path for each in notes.received] == [
        f"/api/notes/?order=title&page={number}&page_size=10" for number in range(1, pages + 1)
    ]


async def test_the_apis_next_url_is_never_followed(bridge: RunningBridge, notes: FakeApi) -> None:
    """The fake API names another host there; token B would go to it."""
    bridge.registry = gathering(most=100, page_size=10)
    async with bridge:
        await bridge.call("gather")
    assert all(each.path.startswith("/api/notes/?page=") for each in notes.received)


async def test_endless_pages_are_not_read_forever(bridge: RunningBridge, api: FakeApi) -> None:
    api.reply = Reply(200, json.dumps({"count": 10**9, "next": "x", "results": []}).encode())
    bridge.registry = gathering(most=1_000)
    async with bridge:
        found = (await bridge.call("gather"))["structuredContent"]
    assert found == {"titles": [], "count": 10**9, "is_complete": False}
    assert len(api.received) == MOST_PAGES


async def test_all_pages_share_the_deadline_of_the_call(bridge: RunningBridge, notes: FakeApi) -> None:
    bridge.configure(upstream_timeout=1.0)

    def silent_from_the_second(received: Received) -> None:
        if "page=2" in received.path:
            notes.may_answer.clear()

    notes.listen = silent_from_the_second
    bridge.registry = gathering(most=100, page_size=10)
    async with bridge:
        assert "did not answer in time" in await bridge.error_text("gather")
    assert len(notes.received) == 2


PAGES: dict[str, Any] = {
    "no page": {},
    "a list": {"count": 1, "next": None, "results": {}},
    "no number": {"count": "1", "next": None, "results": []},
    "items that are none": {"count": 1, "next": None, "results": [5]},
    "items of another shape": {"count": 1, "next": None, "results": [{"name": "x"}]},
}


@pytest.mark.parametrize("case", PAGES)
async def test_a_response_that_is_not_a_page_never_reaches_the_tool(
    bridge: RunningBridge, api: FakeApi, case: str
) -> None:
    api.reply = Reply(200, json.dumps(PAGES[case]).encode())
    bridge.registry = gathering(most=10, expect={"type": "object", "required": ["title"]})
    async with bridge:
        assert "API's answer cannot be used" in await bridge.error_text("gather")
