"""The tools as an MCP server of the SDK, for every protocol revision that the SDK supports."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from on_behalf_of.mcp.endpoint.protocol_revision import WITH_HANDSHAKE
from on_behalf_of.mcp.endpoint.server_identity import NAME, TITLE, VERSION
from on_behalf_of.mcp.endpoint.tool_caller import ToolCaller
from on_behalf_of.mcp.served_request import ServedRequest, served_request
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.mcp.tool_result import ToolResult
from on_behalf_of.primitives.call_error import Outcome

LIST_TTL_MS = 60_000  # a user's permissions seldom change, so a client may keep its list for a minute

Context = ServerRequestContext[Any, Request]


def build_server(registry: ToolRegistry, caller: ToolCaller) -> Server[Any]:
    """Return an MCP server that lists and calls the tools of `registry`."""
    listed = {tool.name: _as_listed(tool) for tool in registry}

    async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        if params and params.cursor is not None:  # all tools are on the first page
            raise MCPError(types.INVALID_PARAMS, "The cursor is not known.")
        tools = [listed[tool.name] for tool in registry.visible_to(_served(context).caller.token)]
        return types.ListToolsResult(tools=tools, ttl_ms=LIST_TTL_MS, cache_scope="private")

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool, served = registry.find(params.name), _served(context)
        if tool is None:
            served.note(Outcome.REFUSED, "unknown_tool")
            raise MCPError(types.INVALID_PARAMS, "There is no tool with that name.")
        report = partial(_report, context) if served.wants_progress else None
        return _as_result(served.result or await caller.call(tool, params.arguments or {}, served, report=report))

    server = Server(
        NAME,
        version=VERSION,
        title=TITLE,
        instructions="Tools that act for the user who is logged in, on an API that checks that user's permissions.",
        get_tool_input_schema=lambda name: tool.input_schema if (tool := registry.find(name)) else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.append(_negotiate)
    return server


async def _negotiate(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Offer the newest revision with a handshake if a client asks for one that is not served (MCP lifecycle).

    The SDK would accept any revision that it knows, including 2024-11-05.
    """
    params = ctx.params or {}
    if ctx.method == "initialize" and isinstance(asked := params.get("protocolVersion"), str):
        offered = asked if asked in WITH_HANDSHAKE else WITH_HANDSHAKE[-1]
        ctx = replace(ctx, params={**params, "protocolVersion": offered})
    return await call_next(ctx)


def _served(context: Context) -> ServedRequest:
    if context.request is None:
        raise TypeError("this server is served over HTTP only")
    return served_request(context.request.scope)


async def _report(context: Context, seconds: float) -> None:
    """Report progress to a client that asked for it (MCP progress). The total is unknown."""
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # the client has gone
        await context.session.report_progress(round(seconds, 3), message="Still waiting for an answer.")


def _as_listed(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.listed_title,
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=None if (promised := tool.listed_output_schema) is None else dict(promised),
        annotations=types.ToolAnnotations.model_validate(tool.hints) if tool.hints else None,
    )


def _as_result(result: ToolResult) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=text) for text in result.texts],
        structured_content=result.structured,
        is_error=result.structured is None,
    )
