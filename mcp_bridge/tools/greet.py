from typing import Any

from mcp_bridge.tools.schemas import either
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall

API_ACTOR: dict[str, Any] = {"type": "object", "properties": {"sub": {"type": "string"}}, "required": ["sub"]}
# What the tool needs of the API's answer, which may hold more.
API_CALLER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "subject": {"type": "string"},
        "client_id": {"type": "string"},
        "actor_chain": {"type": "array", "items": API_ACTOR},
    },
    "required": ["subject", "client_id", "actor_chain"],
}
GREETING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "greeting": {"type": "string"},
        "subject": {"type": "string", "description": "The user that the API sees."},
        "client_id": {"type": "string", "description": "The client that calls the API."},
        "current_actor": either("string", "null", description="Who calls the API for the user."),
        "actor_chain": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Everybody who acts for the user, current actor first.",
        },
    },
    "required": ["greeting", "subject", "client_id", "current_actor", "actor_chain"],
    "additionalProperties": False,
}


def greet(call: ToolCall) -> ToolAnswer:
    """Call the protected API on your behalf, and greet the user that it sees."""
    seen = call.api.get("/api/private-scope", expect=API_CALLER)
    chain = [actor["sub"] for actor in seen["actor_chain"]]
    greeting = f"Hello {seen['subject']}!"
    through = f" {chain[0]} acts for you there; the whole chain is {' <- '.join(chain)}." if chain else ""
    structured = {
        "greeting": greeting,
        "subject": seen["subject"],
        "client_id": seen["client_id"],
        "current_actor": chain[0] if chain else None,
        "actor_chain": chain,
    }
    return ToolAnswer(structured, f"{greeting} The API sees you as that user.{through}")


GREET = Tool(
    greet, title="Greet me", scopes=("tool:greet",), downstream_scopes=("read:private",), output_schema=GREETING
)
