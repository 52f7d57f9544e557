"""The tools as an MCP server of the SDK, for every protocol revision that the SDK supports."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
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

from on_behalf_of.exchange.errors import SubjectTokenRejected
from on_behalf_of.mcp.endpoint.protocol_revision import WITH_HANDSHAKE
from on_behalf_of.mcp.endpoint.worker import run_in_worker
from on_behalf_of.mcp.served_request import NoLongerAccepted, ServedRequest, served_request
from on_behalf_of.mcp.tool import Tool, ToolAnswer
from on_behalf_of.mcp.tool_calls import ToolCalls
from on_behalf_of.mcp.tool_error import ToolFailed
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.call_error import CallError, Outcome

logger = logging.getLogger(__name__)

NAME = "django-on-behalf-of"
VERSION = "0.1.0"  # set here, because the SDK would look it up in the package's metadata at each request
LIST_TTL_MS = 60_000  # a user's permissions seldom change, so a client may keep its list for a minute
LOOK_FIRST = " Part of the work may already be done, so check before you repeat it."
API_WORKERS, LOCAL_WORKERS = 64, 8  # threads; calls that wait for the API never delay those that do not

Context = ServerRequestContext[Any, Request]


def build_server(registry: ToolRegistry, calls: ToolCalls) -> Server[Any]:
    """Return an MCP server that lists and calls the tools of `registry`."""
    listed = {tool.name: _as_listed(tool) for tool in registry}
    api_workers, local_workers = ThreadPoolExecutor(API_WORKERS), ThreadPoolExecutor(LOCAL_WORKERS)

    async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        if params and params.cursor is not None:  # all tools are on the first page
            raise MCPError(types.INVALID_PARAMS, "The cursor is not known.")
        tools = [listed[tool.name] for tool in registry.visible_to(_served(context).caller.token)]
        return types.ListToolsResult(tools=tools, ttl_ms=LIST_TTL_MS, cache_scope="private")

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool, served, deadline = registry.find(params.name), _served(context), calls.deadline()
        if tool is None:
            served.note(Outcome.REFUSED, "unknown_tool")
            raise MCPError(types.INVALID_PARAMS, "There is no tool with that name.")
        try:
            answer = await run_in_worker(
                partial(calls.run, tool, params.arguments or {}, served, deadline),
                workers=api_workers if tool.calls_api else local_workers,
                interruption=served.interruption,
                report=partial(_report, context) if served.wants_progress else None,
            )
        except SubjectTokenRejected as error:
            served.refuse(NoLongerAccepted())  # a new login helps, and a 401 makes clients begin one
            served.note(error.outcome, error.reason)
            return _failure(error, LOOK_FIRST if served.has_written else "")
        except CallError as error:
            served.note(error.outcome, error.reason)
            return _failure(error)
        except Exception:  # the SDK would show its text to clients of earlier revisions
            logger.exception("Calling the tool %s failed.", tool.name)
            failed = ToolFailed("The call failed because of an error in the server; its log has the details.")
            served.note(failed.outcome, failed.reason)
            return _failure(failed)
        served.note(Outcome.OK)
        return _success(answer)

    server = Server(
        NAME,
        version=VERSION,
        title="Django on behalf of",
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
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=tool.open_world,
        ),
    )


def _success(answer: ToolAnswer) -> types.CallToolResult:
    # The sentence is for people, the JSON for clients without structuredContent (MCP tools §Structured Content).
    texts = (answer.text, json.dumps(answer.structured, ensure_ascii=False))
    return types.CallToolResult(
        content=[types.TextContent(text=text) for text in texts if text], structured_content=dict(answer.structured)
    )


def _failure(error: CallError, advice: str = "") -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=f"{error}{advice}")], is_error=True)
