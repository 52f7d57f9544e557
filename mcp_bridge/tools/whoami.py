from mcp_bridge.tools.schemas import ACTOR_CHAIN, SCOPES, actor_chain, either
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall


def whoami(call: ToolCall) -> ToolAnswer:
    """Show who you are to this server: the user, the calling client, its scopes, and who acts for whom."""
    token = call.caller
    caller = {
        "subject": token.subject,
        "client_id": token.client_id,
        "organization": token.organization,
        "scopes": sorted(token.scopes),
        "actors": actor_chain(token.actor),
    }
    text = f"You are {token.subject}, using the client {token.client_id}."
    return ToolAnswer(caller, text)


WHOAMI = Tool(
    whoami,
    title="Who am I?",
    scopes=("tool:whoami",),
    output_schema={
        "type": "object",
        "properties": {
            "subject": {"type": "string", "description": "The user (sub of your access token)."},
            "client_id": {"type": "string", "description": "The client that the token was issued to."},
            "organization": either("string", "null", description="The organization of the login, if any."),
            "scopes": SCOPES,
            "actors": ACTOR_CHAIN,
        },
        "required": ["subject", "client_id", "organization", "scopes", "actors"],
        "additionalProperties": False,
    },
    calls_api=False,
)
