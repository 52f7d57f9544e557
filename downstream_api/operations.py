"""The words for single operations, and an example of what each is sent and answers.

An operation that is not named here is described by its view's docstring. The tests compare every example with the
schemas, and with what the running API answers.
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
        "Say something to everybody",
        "Open to everybody: no token is looked at, and no row is written.",
        answer={"message": "This endpoint is open to everybody; no token was looked at."},
    ),
    "private_scope_retrieve": Operation(
        "Say who is calling",
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
        "Newest first, page by page. Nobody else's notes are ever among them.",
        answer={"count": 1, "next": None, "previous": None, "results": [_NOTE]},
    ),
    "notes_create": Operation(
        "Write a note",
        "It belongs to the user on whose behalf the call is made, never to whoever acts for them.",
        request={"title": "Groceries", "body": "Two litres of milk"},
        answer=_NOTE,
    ),
    "notes_retrieve": Operation("Read a note", answer=_NOTE),
    "notes_update": Operation(
        "Write a note anew",
        "Replaces title and body; a body that is left out becomes empty.",
        request=_ALL_MEMBERS,
        answer=_CHANGED,
    ),
    "notes_partial_update": Operation(
        "Change a note",
        "What is left out stays as it is.",
        request={"body": "Three litres of milk"},
        answer=_CHANGED,
    ),
    "notes_destroy": Operation("Delete a note", "For good: there is no way back."),
}
