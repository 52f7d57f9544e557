"""Parts of JSON Schemas that several tools share."""

from typing import Any

from on_behalf_of.resource_server.actor import Actor


def either(*types: str, **schema: Any) -> dict[str, Any]:
    """Return a schema for a value of one of these types. It uses anyOf, because some clients reject a list of types."""
    return {"anyOf": [{"type": each} for each in types], **schema}


SCOPES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "description": "The token's scopes."}

ACTOR: dict[str, Any] = {
    "type": "object",
    "properties": {"subject": {"type": "string"}, "client_id": either("string", "null")},
    "required": ["subject", "client_id"],
    "additionalProperties": False,
}

ACTOR_CHAIN: dict[str, Any] = {
    "type": "array",
    "items": ACTOR,
    "description": "Everybody who acts for the user (RFC 8693, section 4.1), current actor first.",
}


def actor_chain(actor: Actor | None) -> list[dict[str, Any]]:
    """Return the chain as `ACTOR_CHAIN` describes it; empty if the user calls directly."""
    return [{"subject": each.subject, "client_id": each.client_id} for each in actor.chain()] if actor else []
