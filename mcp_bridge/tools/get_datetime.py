from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_error import ToolError


def get_datetime(call: ToolCall) -> ToolAnswer:
    """Get the current date and time, in UTC or in an IANA time zone. Needs a login but no scope."""
    name = call.arguments.get("timezone", "UTC")
    now = datetime.now(_zone(name)).replace(microsecond=0)
    structured = {"datetime": now.isoformat(), "timezone": name, "weekday": now.strftime("%A")}
    return ToolAnswer(structured, f"It is {now:%A, %d %B %Y, %H:%M:%S} in the time zone {name}.")


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # works without time zone data on the system
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a directory such as "Europe"
        raise ToolError("timezone: is not a known IANA time zone, such as Europe/Berlin.") from error


GET_DATETIME = Tool(
    get_datetime,
    title="Date and time",
    input_schema={
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": "An IANA time zone such as Europe/Berlin; UTC if left out.",
                "pattern": r"^[A-Za-z][A-Za-z0-9_+/-]*$",
                "maxLength": 64,
            }
        },
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {
            "datetime": {"type": "string", "description": "ISO 8601 with the offset from UTC."},
            "timezone": {"type": "string"},
            "weekday": {"type": "string"},
        },
        "required": ["datetime", "timezone", "weekday"],
        "additionalProperties": False,
    },
    calls_api=False,
)
