"""The tools that the suite's scenarios call, except those that ask the client something (`fixture_inputs`)."""

from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

Context = ServerRequestContext[Any, Request]
Result = types.CallToolResult | types.InputRequiredResult
Handler = Callable[[Context, types.CallToolRequestParams], Awaitable[Result]]

# One transparent pixel, and one silent sample.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA=="

changes = InMemorySubscriptionBus()  # of the lists, for those who subscribed


def said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)])


def embedded(uri: str, text: str, mime_type: str = "text/plain") -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def always(*content: types.ContentBlock) -> Handler:
    async def answer(context: Context, params: types.CallToolRequestParams) -> Result:
        return types.CallToolResult(content=list(content))

    return answer


async def fail(context: Context, params: types.CallToolRequestParams) -> Result:
    return types.CallToolResult(content=[types.TextContent(text="This tool always fails.")], is_error=True)


async def log(context: Context, params: types.CallToolRequestParams) -> Result:
    for step in ("begun", "half done", "done"):
        await context.session.send_log_message("info", step, related_request_id=context.request_id)
    return said("Three messages were logged.")


async def progress(context: Context, params: types.CallToolRequestParams) -> Result:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100)
    return said("Progress was reported three times.")


async def need_sampling(context: Context, params: types.CallToolRequestParams) -> Result:
    needed = types.ClientCapabilities(sampling=types.SamplingCapability())
    if not context.session.check_client_capability(needed):
        data = types.MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs a client that can sample.",
            data.model_dump(by_alias=True, exclude_none=True),
        )
    return said("The client can sample.")


async def change_tools(context: Context, params: types.CallToolRequestParams) -> Result:
    await changes.publish(ToolsListChanged())
    return said("Subscribers were told that the tools changed.")


async def change_prompts(context: Context, params: types.CallToolRequestParams) -> Result:
    await changes.publish(PromptsListChanged())
    return said("Subscribers were told that the prompts changed.")


_PICTURE = types.ImageContent(data=PNG, mime_type="image/png")

TOOLS: dict[str, Handler] = {
    "test_simple_text": always(types.TextContent(text="A simple text.")),
    "test_image_content": always(_PICTURE),
    "test_audio_content": always(types.AudioContent(data=WAV, mime_type="audio/wav")),
    "test_embedded_resource": always(embedded("test://embedded-resource", "An embedded text.")),
    "test_multiple_content_types": always(
        types.TextContent(text="Text, picture and resource."),
        _PICTURE,
        embedded("test://mixed-content-resource", '{"value": 1}', "application/json"),
    ),
    "test_error_handling": fail,
    "test_tool_with_logging": log,
    "test_logging_tool": log,
    "test_tool_with_progress": progress,
    "test_missing_capability": need_sampling,
    "test_trigger_tool_change": change_tools,
    "test_trigger_prompt_change": change_prompts,
    "test_custom_header": always(types.TextContent(text="The header and the argument agree.")),
    "json_schema_2020_12_tool": always(types.TextContent(text="The arguments fit the schema.")),
}

INPUT_SCHEMAS: dict[str, dict[str, Any]] = {
    "test_custom_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
    # What a listing must not lose: every keyword of JSON Schema 2020-12 that the scenario looks for.
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}}},
        "properties": {"phone": {"type": "string"}, "email": {"type": "string"}, "address": {"$ref": "#addressDef"}},
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"required": ["address"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
}
