"""The tools of this server. To add one, declare it in a module of this package and add it to the list below."""

from mcp_bridge.tools.get_datetime import GET_DATETIME
from mcp_bridge.tools.greet import GREET
from mcp_bridge.tools.notes import ADD_NOTE, LIST_NOTES
from mcp_bridge.tools.whoami import WHOAMI
from on_behalf_of.mcp.tool_registry import ToolRegistry

TOOLS = ToolRegistry([WHOAMI, GREET, GET_DATETIME, LIST_NOTES, ADD_NOTE])
