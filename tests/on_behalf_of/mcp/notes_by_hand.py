"""Two tools on one DRF resource, as people write them by hand."""

from typing import Any

from mcp_bridge.tools.schemas import either
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall

NOTE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": either("integer", "string"),
        "title": {"type": "string"},
        "body": {"type": "string"},
        "created_at": {"type": "string"},
        "updated_at": {"type": "string"},
    },
    "required": ["id", "title", "body", "created_at", "updated_at"],
}


def list_notes(call: ToolCall) -> ToolAnswer:
    """List your notes at the API, page by page. The list never contains other users' notes."""
    number, page_size = int(call.arguments.get("page", 1)), int(call.arguments.get("page_size", 20))
    page = call.api.get_page("/api/notes/", number, page_size=page_size, expect=NOTE)
    notes = [_note(each) for each in page.items]
    more = f" Page {page.next_number} has more." if page.next_number else ""
    text = f"Page {number} of your notes holds {len(notes)} of {page.count}.{more}"
    return ToolAnswer({"notes": notes, "count": page.count, "page": number, "next_page": page.next_number}, text)


def add_note(call: ToolCall) -> ToolAnswer:
    """Save a new note of yours at the API."""
    note = _note(call.api.post("/api/notes/", dict(call.arguments), expect=NOTE))
    return ToolAnswer(note, f"The note is saved; its id is {note['id']}.")


def _note(answered: dict[str, Any]) -> dict[str, Any]:
    return {name: answered[name] for name in NOTE["required"]}  # don't pass on members that the API adds later


LIST_NOTES = Tool(
    list_notes,
    title="List my notes",
    scopes=("tool:notes",),
    downstream_scopes=("read:private",),
    input_schema={
        "type": "object",
        "properties": {
            "page": {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1, "description": "Starts at 1."},
            "page_size": {
                "type": "integer",
                "minimum": 1,
                "maximum": 100,
                "default": 20,
                "description": "Notes per page.",
            },
        },
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {
            "notes": {"type": "array", "items": NOTE},
            "count": {"type": "integer", "description": "How many notes you have in total."},
            "page": {"type": "integer"},
            "next_page": either("integer", "null", description="The number of the next page, if there is one."),
        },
        "required": ["notes", "count", "page", "next_page"],
        "additionalProperties": False,
    },
    asked_at_login=False,
)

ADD_NOTE = Tool(
    add_note,
    title="Add a note",
    scopes=("tool:notes",),
    downstream_scopes=("write:private",),
    input_schema={
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 200, "description": "One line."},
            "body": {"type": "string", "maxLength": 10_000, "default": "", "description": "The note's text."},
        },
        "required": ["title"],
        "additionalProperties": False,
    },
    output_schema=NOTE,
    asked_at_login=False,
    read_only=False,
)
