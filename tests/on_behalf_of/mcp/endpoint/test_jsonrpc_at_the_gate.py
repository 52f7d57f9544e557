"""JSON-RPC 2.0 and MCP streamable HTTP: malformed messages in both eras, without exception text."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mcp_bridge.tools.get_datetime import GET_DATETIME
from on_behalf_of.mcp.schema import ANY_OBJECT
from on_behalf_of.mcp.tool import Tool, ToolAnswer
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.call_error import Outcome
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

NO_MESSAGES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", -32700),
    "not JSON": (b"{", -32700),
    "not UTF-8": (b'{"jsonrpc":"\xff"}', -32700),
    "a lone surrogate": (b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', -32700),
    "NaN": (b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}', -32700),
    "a number too large": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1e999}}', -32700),
    "a name twice": (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', -32700),
    "a text": (b'"ping"', -32700),
    "endless nesting": (b'{"a":' * 100_000, -32700),
    "deep nesting": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b'{"a":' * 99 + b"1" + b"}" * 100, -32600),
    "a batch": (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
    "no version": (b'{"id":1,"method":"ping"}', -32600),
    "no method": (b'{"jsonrpc":"2.0","id":1}', -32600),
    "an answer": (b'{"jsonrpc":"2.0","id":1,"result":{}}', -32600),
    "id null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    "id true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
    "params a list": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600),
}


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize("form", NO_MESSAGES)
async def test_a_body_that_is_not_a_message_is_400_with_a_fixed_text(
    bridge: RunningBridge, form: str, version: str
) -> None:
    body, code = NO_MESSAGES[form]
    async with bridge:
        response = await bridge.post(body, bridge.token(), **{"MCP-Protocol-Version": version})
    assert response.status_code == 400
    error = response.json()
    assert (error["id"], error["error"]["code"]) == (None, code)
    assert error["error"]["message"].endswith((".", "levels."))
    assert "line 1" not in response.text


async def test_an_unknown_tool_is_invalid_params_in_both_eras(bridge: RunningBridge) -> None:
    """MCP tools §Error Handling."""
    async with bridge:
        legacy = await bridge.post(tools_call("no_such_tool"), bridge.token())
        modern = await bridge.post(modern_call("no_such_tool"), bridge.token(), **modern_headers("no_such_tool"))
    assert legacy.json()["error"]["code"] == modern.json()["error"]["code"] == -32602


async def test_different_tool_names_in_header_and_body_are_refused(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 streamable HTTP: header and body must agree."""
    async with bridge:
        response = await bridge.post(modern_call("greet"), bridge.token(), **modern_headers("whoami"))
    assert response.status_code == 400
    assert "result" not in response.json()


@pytest.mark.parametrize("version", ["1999-01-01", "x"])
async def test_an_unknown_revision_is_refused(bridge: RunningBridge, version: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), **{"MCP-Protocol-Version": version})
    assert response.status_code == 400


async def test_an_unknown_method_is_method_not_found(bridge: RunningBridge) -> None:
    async with bridge:
        response = await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "no/such"}, bridge.token())
    assert response.json()["error"]["code"] == -32601


async def test_an_unknown_cursor_is_invalid_params(bridge: RunningBridge) -> None:
    """MCP pagination §Error Handling."""
    async with bridge:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}
        response = await bridge.post(message, bridge.token())
    assert response.json()["error"]["code"] == -32602


async def test_a_notification_is_accepted_without_an_answer(bridge: RunningBridge) -> None:
    async with bridge:
        response = await bridge.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, bridge.token())
    assert response.status_code == 202


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_exceptions_of_a_tool_are_not_sent_to_the_client(
    bridge: RunningBridge, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: Any) -> Any:
        raise RuntimeError("password=hunter2")

    def answering(structured: Any) -> Any:
        return lambda _call: ToolAnswer(structured)

    schemas = {"untrue": GET_DATETIME.output_schema}
    misfits = {
        "broken": broken,
        "untrue": answering({"datetime": 5}),
        "no_answer": lambda _call: {"hunter2": 1},
        "no_json": answering({"hunter2": datetime.now(UTC)}),
        "no_number": answering({"hunter2": float("nan")}),
        "no_text": answering({"hunter2": "\ud800"}),
    }
    tools = [Tool(answer, name=name, description="A misfit.", calls_api=False) for name, answer in misfits.items()]
    bridge.registry = ToolRegistry([replace(tool, output_schema=schemas.get(tool.name, ANY_OBJECT)) for tool in tools])
    async with bridge:
        for tool in misfits:
            if version == LEGACY:
                response = await bridge.post(tools_call(tool), bridge.token())
            else:
                response = await bridge.post(modern_call(tool), bridge.token(), **modern_headers(tool))
            assert response.json()["result"]["isError"] is True
            assert "hunter2" not in response.text
    assert "The tool broken failed" in caplog.text
    assert {call.outcome for call in bridge.calls} == {Outcome.FAILED}


async def test_an_error_inside_the_endpoint_is_a_fixed_500(
    bridge: RunningBridge, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("password=hunter2")

    bridge.gate_changes["app"] = broken
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token())
    assert response.status_code == 500
    assert response.json()["error"]["message"] == "The server failed to handle the request; its log has the details."
    assert "failed" in caplog.text
