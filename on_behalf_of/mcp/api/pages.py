"""Lists at the API: in pages, as Django REST framework's PageNumberPagination gives them, or whole."""

from dataclasses import dataclass
from typing import Any

from on_behalf_of.mcp.schema import Schema

MOST_PAGES = 100  # of one list; an API whose pages never end is not followed any further


@dataclass(frozen=True)
class Page:
    items: list[dict[str, Any]]
    count: int  # of all items on all pages
    next_number: int | None  # the page to ask for next, if there is one


@dataclass(frozen=True)
class Items:
    """Items of several pages, in their order. What is added or removed meanwhile may come twice or not at all."""

    items: list[dict[str, Any]]
    count: int  # of all that there are
    is_complete: bool  # False where there are more than were asked for


def page_schema(item: Schema) -> Schema:
    """Return the schema of a page.

    `next` is read for its presence only: following its URL would send token B wherever the API says.
    """
    return {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 0},
            "next": {"type": ["string", "null"]},
            "results": {"type": "array", "items": item},
        },
        "required": ["count", "next", "results"],
    }


def list_schema(item: Schema) -> Schema:
    """Return the schema of a whole list."""
    return {"type": "array", "items": item}


def either_schema(item: Schema) -> Schema:
    """Return the schema of a page or of a whole list; `oneOf` would hide which item of which does not fit."""
    return {"if": {"type": "array"}, "then": list_schema(item), "else": page_schema(item)}
