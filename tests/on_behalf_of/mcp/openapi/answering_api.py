"""A small API that gives lists in every way that Django REST framework does, and its description."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.loopback_server import Reply
from tests.on_behalf_of.mcp.openapi.made_documents import INTEGER, TEXT, document, operation, path, query, record
from tests.on_behalf_of.mcp.openapi.raw_api import RawRequest, json_reply

ELSEWHERE = "https://elsewhere.example"  # where the API says that its pages are
FIELDS = ("id", "name", "colour", "size", "note", "owner")
ITEM = record("id", id=INTEGER, name=TEXT, colour=TEXT, size=INTEGER, note=TEXT, owner=record(name=TEXT))
LINK = {"type": ["string", "null"], "format": "uri"}


def _answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def _page(*, counted: bool) -> dict[str, Any]:
    count = {"count": INTEGER} if counted else {}
    return record("results", **count, next=LINK, previous=LINK, results={"type": "array", "items": ITEM})


WHOLE = {"type": "array", "items": ITEM}
SHORT = record(a=TEXT, b=TEXT)  # so few members that they cannot be chosen
LISTS = document(
    {
        "/numbered": {
            "get": operation(
                "numbered", query("page", INTEGER), query("page_size", INTEGER), **_answer(_page(counted=True))
            )
        },
        "/stretches": {
            "get": operation(
                "stretches", query("limit", INTEGER), query("offset", INTEGER), **_answer(_page(counted=True))
            )
        },
        "/cursors": {"get": operation("cursors", query("cursor"), **_answer(_page(counted=False)))},
        "/whole": {"get": operation("whole", **_answer(WHOLE))},
        "/whole-short": {"get": operation("whole_short", **_answer({"type": "array", "items": SHORT}))},
        "/other-name": {"get": operation("other_name", query("p", INTEGER), **_answer(_page(counted=True)))},
        "/one/{id}": {
            "get": operation("one", path("id", INTEGER), **_answer(ITEM)),
            "put": operation("change", path("id", INTEGER), body=record(name=TEXT, note=TEXT), **_answer(ITEM)),
            "delete": operation("remove", path("id", INTEGER), responses={"204": {"description": ""}}),
        },
        "/short": {"get": operation("short", **_answer(SHORT))},
        "/map": {
            "get": operation("map", **_answer({"type": "object", "additionalProperties": TEXT})),
            "post": operation("make_map", **_answer({"type": "object", "additionalProperties": TEXT})),
        },
        "/all": {"post": operation("make_all", **_answer(WHOLE))},
    }
)
PAGED = ("numbered", "stretches", "cursors", "whole")
READING = (*PAGED, "whole_short", "other_name", "one", "short", "map")
WRITING = ("change", "remove", "make_map", "make_all")
ARGUMENTS: dict[str, dict[str, Any]] = {"one": {"id": 1}, "change": {"id": 1, "name": "x"}, "remove": {"id": 1}}


def item(number: int) -> dict[str, Any]:
    texts = {name: f"{name} {number}" for name in ("name", "colour", "note")}
    return {"id": number, "size": number * 2, "owner": {"name": f"owner {number}"}, **texts}


@dataclass
class AnsweringApi:
    """Answers as DRF's paginators do. `next` and `previous` are URLs of another host."""

    items: list[Any] = field(default_factory=list)
    page_size: int = 2

    def respond(self, request: RawRequest) -> Reply:
        address, _, raw = request.target.partition("?")
        asked = {name: values[-1] for name, values in parse_qs(raw).items()}
        if address == "/stretches":
            size, first = int(asked.get("limit", self.page_size)), int(asked.get("offset", 0))
            return self._page(address, first, size, {"limit": size, "offset": first + size})
        if address == "/cursors":
            first = int(base64.b64decode(asked["cursor"])) if "cursor" in asked else 0
            following = base64.b64encode(str(first + self.page_size).encode()).decode()
            return self._page(address, first, self.page_size, {"cursor": following}, counted=False)
        if address.startswith("/whole"):
            return json_reply(self.items)
        name = "p" if address == "/other-name" else "page"
        size, number = int(asked.get("page_size", self.page_size)), int(asked.get(name, 1))
        if number > 1 and (number - 1) * size >= len(self.items):
            return json_reply({"detail": "Invalid page."}, 404)
        return self._page(address, (number - 1) * size, size, {name: number + 1, "page_size": size})

    def _page(self, address: str, first: int, size: int, following: Any, *, counted: bool = True) -> Reply:
        is_last = first + size >= len(self.items)
        link = f"{ELSEWHERE}{address}?{urlencode(following)}"
        found = {
            "next": None if is_last else link,
            "previous": f"{ELSEWHERE}{address}" if first else None,
            "results": self.items[first : first + size],
        }
        return json_reply({"count": len(self.items), **found} if counted else found)


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
