"""A generated tool does what its user may do at the endpoint, and no more.

Packages that call views in the process lose some of it: the filters that scope rows, pagination, object permissions,
throttles, the log; or they hand the API what a client sent. Each of their mistakes is tried here, through the MCP
endpoint, at the lending library as a real process.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.conftest import anyio_backend
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.openapi.lending_process import (
    ALICE,
    AUDIENCE,
    BOB,
    SCOPES,
    description,
    lending_tenant,
    manage,
    served_library,
)
from tests.on_behalf_of.mcp.openapi.measure import measured
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

__all__ = ["anyio_backend"]
pytestmark = [pytest.mark.anyio, pytest.mark.processes]
ROWS = """
import json
from on_behalf_of.audit.models import DelegatedAccess
fields = ("subject", "actor", "method", "route", "status", "scopes_required", "reason")
print(json.dumps(list(DelegatedAccess.objects.order_by("-id").values(*fields)[:{count}])))
"""


class Library:
    """The bridge with a tool for every operation, in front of the library's API."""

    def __init__(self, folder: Path, url: str, tenant: FakeTenant) -> None:
        self.folder, self.tenant = folder, tenant
        operations = list(measured(description(), supply_scopes=False).tools)
        self.bridge = RunningBridge(tenant, FakeApi())
        self.bridge.registry = ToolRegistry.from_openapi(description(), operations)
        self.bridge.configure(api_base_url=url, downstream_rules=TokenRules(tenant.url, AUDIENCE))

    async def call(self, tool: str, *, as_: str = BOB, **arguments: Any) -> Any:
        """Return what the tool answers, or the text of its error."""
        response = await self.bridge.post(tools_call(tool, **arguments), self.token(as_))
        assert response.status_code == 200, response.text
        result = response.json()["result"]
        return result["content"][0]["text"] if result.get("isError") else result["structuredContent"]

    def token(self, subject: str) -> str:
        return self.bridge.token(sub=subject, scope=" ".join(SCOPES))

    def rows(self, count: int) -> list[dict[str, Any]]:
        """Return the newest rows of the API's log, the newest first."""
        found: list[dict[str, Any]] = json.loads(
            manage(self.folder, "shell", "--no-imports", "--command", ROWS.format(count=count)).stdout
        )
        return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    with lending_tenant() as tenant, served_library(folder, tenant) as url:
        yield Library(folder, url, tenant)


async def test_rows_are_scoped_by_filter_backends_and_by_querysets(library: Library) -> None:
    """Others set `filter_backends=[]`, so that each user sees the rows of everyone."""
    async with library.bridge:
        members = await library.call("list_members")
        assert {each["card"] for each in members["items"]} <= {"S-1", "S-2", "S-3"}
        assert "did not find" in await library.call("get_member", card="N-1")
        assert {each["id"] for each in (await library.call("list_loans"))["items"]} == {2, 3}
        assert {each["id"] for each in (await library.call("list_loans", as_=ALICE, page_size=9))["items"]} == {1, 2, 3}
        assert "did not find" in await library.call("get_loan", id=1)


async def test_lists_have_pages_of_each_kind_and_show_no_urls(library: Library) -> None:
    """Others set `pagination_class=None`, or offer page one only."""
    async with library.bridge:
        first = await library.call("list_loans", as_=ALICE, page_size=2)
        assert (len(first["items"]), first["count"], first["next_page"]) == (2, 3, 2)
        last = await library.call("list_loans", as_=ALICE, page_size=2, page=first["next_page"])
        assert len(last["items"]) == 1
        assert "next_page" not in last
        seen, cursor = [], None
        while True:
            members = await library.call("list_members", **({"cursor": cursor} if cursor else {}))
            seen += [each["card"] for each in members["items"]]
            assert "http" not in json.dumps(members).replace("photo", "")
            if (cursor := members.get("next_cursor")) is None:
                break
        assert seen == ["S-1", "S-2", "S-3"]
        for number in range(3):
            written = await library.call("create_review", book=1, title=f"Review {number}", stars=5)
            assert written["stars"] == 5, written
        reviews = await library.call("list_reviews", limit=2)
        assert (len(reviews["items"]), reviews["count"], reviews["next_offset"]) == (2, 3, 2)


async def test_permissions_on_objects_and_beyond_scopes_hold(library: Library) -> None:
    """Others skip `initial()`, or set `_ignore_model_permissions`."""
    async with library.bridge:
        assert "refused the operation" in await library.call("return_loan", as_=ALICE, id=2)
        assert "refused the operation" in await library.call(
            "create_book", title="X", isbn="9780000000077", price="1.00"
        )
        assert await library.call("return_loan", id=2) == {"done": True}


async def test_throttles_hold_and_say_when_to_try_again(library: Library) -> None:
    """Others call the action itself, which counts nothing."""
    async with library.bridge:
        answers = [await library.call("renew_loan", id=3) for _ in range(3)]
        assert [isinstance(each, dict) for each in answers] == [True, True, False]
        assert "it allows no more calls at the moment (429)" in answers[2]


async def test_every_call_is_recorded_with_the_user_and_the_actor(library: Library) -> None:
    """Others run below the middleware, so the log does not see them."""
    async with library.bridge:
        await library.call("get_loan", id=3)
        await library.call("return_loan", as_=ALICE, id=3)
    refused, allowed = library.rows(2)
    assert (allowed["subject"], allowed["method"], allowed["status"]) == (BOB, "GET", 200)
    assert (refused["subject"], refused["method"], refused["status"]) == (ALICE, "POST", 403)
    assert allowed["actor"] == refused["actor"]
    assert refused["actor"]
    assert allowed["scopes_required"] == ["loans:read"]


async def test_each_tool_gets_a_token_with_its_own_scope_only(library: Library) -> None:
    """Others hand the MCP client's token to the API, or one token for everything."""
    library.tenant.forms.clear()
    async with library.bridge:
        await library.call("list_categories")
        await library.call("create_review", book=1, title="Good", stars=4)
    assert [form["scope"] for form in library.tenant.forms] == ["catalogue:read", "catalogue:write"]


@pytest.mark.parametrize(
    "card", ["export", "../loans/1", "..", ".", "", "S-1/../N-1", "S-1%2F..", "S-1\\..", "S-1\n", "N-1?x"]
)
async def test_arguments_reach_no_other_endpoint(library: Library, card: str) -> None:
    """Others do not encode path values, so `../` reached other endpoints, and `export` the one beside."""
    async with library.bridge:
        said = await library.call("get_member", card=card)
    assert isinstance(said, str), said
    assert "did not find" in said or "The arguments are invalid: " in said


async def test_arguments_beyond_the_description_are_refused(library: Library) -> None:
    """Among them headers, cookies, the host, and members that the API only shows."""
    async with library.bridge:
        for name in ("Authorization", "Host", "headers", "format", "url", "state", "id", "_method"):
            assert f"{name} is not known" in await library.call("create_loan", copy=1, **{name: "x"})


async def test_what_the_api_says_about_the_input_comes_back_whole(library: Library) -> None:
    async with library.bridge:
        said = await library.call("create_review", book=999, title="x", stars=5)
        assert "book: Invalid pk" in said
        assert "999" in said
        several = await library.call("reprice_books", as_=ALICE, body=[{"id": 1, "price": "1.005"}])
        assert "price" in several


async def test_fields_can_be_chosen_and_json_is_given_as_text(library: Library) -> None:
    async with library.bridge:
        books = await library.call(
            "list_books", fields=["title", "price"], filters=["price__gt=15", "title__contains=3"]
        )
        assert books["items"] == [{"title": "Book 3", "price": "30.00"}]
        assert "fields: colour is not one of id, " in await library.call("list_books", fields=["colour"])
        assert "filters, price__gt: " in await library.call("list_books", filters=["price__gt=cheap"])
        changed = await library.call("update_book", as_=ALICE, id=1, attributes='{"binding": "cloth"}', extra="[1, 2]")
        assert (changed["attributes"], changed["extra"]) == ({"binding": "cloth"}, [1, 2])


async def test_a_whole_list_is_cut_into_pages(library: Library) -> None:
    async with library.bridge:
        overdue = await library.call("list_overdue_loans")
        assert overdue == {"items": overdue["items"], "count": len(overdue["items"])}
        assert (await library.call("list_overdue_loans", page=2))["items"] == []
