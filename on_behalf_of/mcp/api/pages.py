"""Lists of the API: in pages, as Django REST framework's PageNumberPagination returns them, or whole."""

from dataclasses import dataclass
from typing import Any

from on_behalf_of.mcp.schema import Schema

MOST_PAGES = 100  # of one list, in case the API's pages never end


@dataclass(frozen=True)
class Page:
    items: list[dict[str, Any]]
    count: int  # of all items on all pages
    next_number: int | None  # the page to ask for next, if there is one


@dataclass(frozen=True)
class Items:
    """Items of several pages, in order. If the list changes meanwhile, items may be duplicated or missing."""

    items: list[dict[str, Any]]
    count: int  # of all items at the API
    is_complete: bool  # False if there are more than were asked for


def page_schema(item: Schema) -> Schema:
    """Return the schema of a page.

    Only the presence of `next` is used: following its URL would send token B to any host that the API names.
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
    """Return the schema of a page or of a whole list. With `oneOf`, errors would not name the wrong item."""
    return {"if": {"type": "array"}, "then": list_schema(item), "else": page_schema(item)}
