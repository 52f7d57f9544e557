"""Descriptions of the API's operations, with an example request and response for each.

An operation that has no description here takes its view's docstring. The tests check every example against the
schemas and against the running API's responses.
"""

from on_behalf_of.drf.openapi.operation import Operation

_NOTE = {
    "id": "0f9b7c52-6e1d-4a53-9c0e-2b7f4d8a1e66",
    "title": "Groceries",
    "body": "Two litres of milk",
    "created_at": "2026-11-23T09:30:00.123456Z",
    "updated_at": "2026-11-23T09:30:00.123456Z",
}
_ALL_MEMBERS = {"title": "Groceries", "body": "Three litres of milk"}
_CHANGED = _NOTE | {"body": "Three litres of milk", "updated_at": "2026-11-23T10:02:11.654321Z"}
_BRIDGE, _CLIENT = {"sub": "local-mcp-bridge"}, {"sub": "local-manual-client"}

OPERATIONS = {
    "public_retrieve": Operation(
        "Greet anybody",
        "Public: the API reads no token and records no row.",
        answer={"message": "This endpoint is public. It reads no token."},
    ),
    "private_scope_retrieve": Operation(
        "Show who is calling",
        answer={
            "subject": "auth0|local-admin",
            "client_id": "local-mcp-bridge",
            "current_actor": _BRIDGE,
            "actor_chain": [_BRIDGE, _CLIENT],
            "scopes": ["read:private", "write:private"],
            "organization": None,
        },
    ),
    "notes_list": Operation(
        "List your notes",
        "Newest first, page by page. The list never contains other users' notes.",
        answer={"count": 1, "next": None, "previous": None, "results": [_NOTE]},
    ),
    "notes_create": Operation(
        "Write a note",
        "The note belongs to the user on whose behalf the call is made, never to the actor.",
        request={"title": "Groceries", "body": "Two litres of milk"},
        answer=_NOTE,
        tool={"name": "add_note", "destructive": False},
    ),
    "notes_retrieve": Operation("Read a note", answer=_NOTE),
    "notes_update": Operation(
        "Replace a note",
        "Replaces title and body. If the body is left out, it becomes empty.",
        request=_ALL_MEMBERS,
        answer=_CHANGED,
    ),
    "notes_partial_update": Operation(
        "Change a note",
        "Members that are left out stay as they are.",
        request={"body": "Three litres of milk"},
        answer=_CHANGED,
    ),
    "notes_destroy": Operation("Delete a note", "This cannot be undone."),
}
