"""What granian serves in place of the bridge: the bridge, with the suite's fixtures in place of its tools.

Everything before the SDK is the bridge's own: configuration, mount, gate, the records of calls.
"""

from dataclasses import replace
from typing import Any

import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError

from config.bridge.asgi import application as bridge
from on_behalf_of.mcp.endpoint.forms import Endpoint
from on_behalf_of.mcp.endpoint.sdk import Sdk
from on_behalf_of.mcp.served_request import served_request
from tests.services.conformance import fixture_documents, fixture_inputs, fixture_tools
from tests.services.conformance.fixture_tools import Context, Result

TOOLS = fixture_tools.TOOLS | fixture_inputs.TOOLS
NO_ARGUMENTS = {"type": "object"}


def input_schema(name: str) -> dict[str, Any]:
    return fixture_tools.INPUT_SCHEMAS.get(name, NO_ARGUMENTS)


async def list_tools(context: Context, params: object) -> types.ListToolsResult:
    tools = [types.Tool(name=name, description="A fixture.", input_schema=input_schema(name)) for name in TOOLS]
    return types.ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")


async def call_tool(context: Context, params: types.CallToolRequestParams) -> Result:
    if params.name not in TOOLS:
        raise MCPError(types.INVALID_PARAMS, "There is no tool with that name.")
    return await TOOLS[params.name](context, params)


def subject(context: Context) -> str:
    """Return the user who owns the state. Callers without a request from the gate have none."""
    assert context.request is not None
    return served_request(context.request.scope).caller.token.subject


def build_fixture_server() -> Server[None]:
    server = Server(
        "conformance-fixtures",
        version="1",
        get_tool_input_schema=input_schema,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=fixture_documents.list_resources,
        on_list_resource_templates=fixture_documents.list_templates,
        on_read_resource=fixture_documents.read_resource,
        on_subscribe_resource=fixture_documents.accept,
        on_unsubscribe_resource=fixture_documents.accept,
        on_subscriptions_listen=ListenHandler(fixture_tools.changes),
        on_list_prompts=fixture_documents.list_prompts,
        on_get_prompt=fixture_documents.get_prompt,
        on_completion=fixture_documents.complete,
    )
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, fixture_documents.accept)
    security = RequestStateSecurity(keys=["a key for tests, of at least 32 bytes"], bind_principal=subject)
    server.middleware.append(RequestStateBoundary(security, default_audience=server.name))
    return server


fixtures = Sdk(lambda: Endpoint(build_fixture_server()))
application = replace(bridge, sdk=fixtures, gate=replace(bridge.gate, app=fixtures))
