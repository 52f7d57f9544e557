"""The tools of this server: those written by hand, and those made from the API's description.

To add one, declare it in a module of this package and add it to the list below, or name the API's operation with
`manage.py mcp_tools allow`. docs/add-a-tool.md explains both.
"""

from pathlib import Path

from mcp_bridge.tools.get_datetime import GET_DATETIME
from mcp_bridge.tools.greet import GREET
from mcp_bridge.tools.whoami import WHOAMI
from on_behalf_of.mcp.tool_registry import ToolRegistry

NOTES = ToolRegistry.from_openapi(
    "/openapi.json",
    lock=Path(__file__).with_name("notes.lock.json"),
    scopes=["tool:notes"],
    asked_at_login=False,
)
TOOLS = ToolRegistry([WHOAMI, GREET, GET_DATETIME]) | NOTES
