"""An MCP endpoint in its two roles: a protected resource for MCP clients, and an OAuth client of the tenant.

    from on_behalf_of.mcp import ToolRegistry, mcp_app

    application = mcp_app(ToolRegistry([...]))  # in asgi.py, once Django is set up

A request passes in this order: `endpoint.gate` (who calls, and whether they may), `endpoint.serving` (until it is
answered or its client has gone), `endpoint.fast_path` (the usual calls) or `endpoint.sdk` (all others),
`endpoint.worker` (a thread), `tool_calls` (schemas around the tool), the tool itself, `api` (the API as the tool sees
it), `exchange.token_exchange` (RFC 8693).
`records` writes the outcome of each tool call to the database, best effort; its trace id is also in the API's log. The
names below are public; everything else may change.
"""

from typing import TYPE_CHECKING

from on_behalf_of.primitives.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from on_behalf_of.mcp.api.client import Downstream
    from on_behalf_of.mcp.app import mcp_app
    from on_behalf_of.mcp.configuration import BridgeConfiguration
    from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
    from on_behalf_of.mcp.tool_error import ToolError
    from on_behalf_of.mcp.tool_registry import ToolRegistry

__all__ = [
    "BridgeConfiguration",
    "Downstream",
    "Tool",
    "ToolAnswer",
    "ToolCall",
    "ToolError",
    "ToolRegistry",
    "mcp_app",
]
__getattr__ = lazy_exports(
    __name__,
    {
        "BridgeConfiguration": "configuration",
        "Downstream": "api.client",
        "Tool": "tool",
        "ToolAnswer": "tool",
        "ToolCall": "tool",
        "ToolError": "tool_error",
        "ToolRegistry": "tool_registry",
        "mcp_app": "app",
    },
)
