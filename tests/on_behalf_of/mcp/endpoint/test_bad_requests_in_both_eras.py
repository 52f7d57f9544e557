"""Contradictory requests, and requests for unknown things: errors as specified, and no exception text."""

import re
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mcp_types import HEADER_MISMATCH

from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

VERSION = "io.modelcontextprotocol/protocolVersion"
# What libraries write into their exceptions, and Python into its tracebacks.
LEAKS = re.compile(
    r"Traceback|pydantic|validation error|input_value|File \"|line \d+, in|jsonschema|Exception", re.IGNORECASE
)

MISMATCHES: dict[str, dict[str, str | None]] = {
    "another method": {"Mcp-Method": "tools/list"},
    "no method": {"Mcp-Method": None},
    "another tool": {"Mcp-Name": "whoami"},
    "no tool": {"Mcp-Name": None},
    "a tool in other case": {"Mcp-Name": "GREET"},
    "another revision": {"MCP-Protocol-Version": "2026-07-29"},
}


@pytest.mark.parametrize("case", MISMATCHES)
async def test_headers_and_body_that_differ_are_400_before_anything_is_called(
    bridge: RunningBridge, tenant: FakeTenant, case: str
) -> None:
    """MCP 2026-07-28 streamable HTTP §Server Validation."""
    headers = {name: value for name, value in (modern_headers("greet") | MISMATCHES[case]).items() if value is not None}
    async with bridge:
        response = await bridge.post(modern_call("greet"), bridge.token(), **headers)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == HEADER_MISMATCH
    assert response.json()["id"] == 1
    assert tenant.forms == []


async def test_an_unsupported_revision_is_refused_with_the_supported_ones(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 §Protocol Version Header."""
    message = modern_call("greet")
    message["params"]["_meta"][VERSION] = "2099-01-01"
    async with bridge:
        response = await bridge.post(
            message, bridge.token(), **(modern_headers("greet") | {"MCP-Protocol-Version": "2099-01-01"})
        )
    assert response.status_code == 400
    assert MODERN in response.json()["error"]["data"]["supported"]


async def test_an_unknown_method_is_404_in_the_current_revision(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 §Protocol Version Header; those before answer the error with 200."""
    message = modern_call("x") | {"method": "no/such"}
    async with bridge:
        current = await bridge.post(
            message, bridge.token(), **{"MCP-Protocol-Version": MODERN, "Mcp-Method": "no/such"}
        )
        earlier = await bridge.post(tools_call("x") | {"method": "no/such"}, bridge.token())
    assert (current.status_code, earlier.status_code) == (404, 200)
    assert current.json()["error"]["code"] == earlier.json()["error"]["code"] == -32601


PARAMS: dict[str, dict[str, Any]] = {
    "no name": {"name": None},
    "a name that is none": {"name": 5},
    "arguments in a list": {"arguments": ["x"]},
    "arguments in a text": {"arguments": "x"},
    "meta in a text": {"_meta": "x"},
}


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize("case", PARAMS)
async def test_malformed_parameters_get_a_protocol_error(bridge: RunningBridge, case: str, version: str) -> None:
    message = modern_call("whoami") if version == MODERN else tools_call("whoami")
    message["params"] |= PARAMS[case]
    headers = modern_headers("whoami") if version == MODERN else {}
    async with bridge:
        response = await bridge.post(message, bridge.token(), **headers)
    assert response.json()["error"]["code"] in {-32602, -32600, HEADER_MISMATCH}
    assert response.status_code == (400 if version == MODERN else 200)
    assert not LEAKS.search(response.text), response.text


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_an_unacceptable_format_is_406(bridge: RunningBridge, version: str) -> None:
    message, headers = (
        (modern_call("whoami"), modern_headers("whoami")) if version == MODERN else (tools_call("whoami"), {})
    )
    async with bridge:
        response = await bridge.post(message, bridge.token(), Accept="text/html", **headers)
    assert response.status_code == 406


async def test_a_cancel_notification_is_accepted_and_changes_nothing(bridge: RunningBridge, api: FakeApi) -> None:
    """Without sessions, a request id is ambiguous, and must not cancel another client's request."""
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    api.may_answer.clear()
    answers: list[dict[str, Any]] = []

    async def greet() -> None:
        answers.append(await bridge.call("greet"))

    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(greet)
        assert await anyio.to_thread.run_sync(api.was_asked.wait, 10)
        for version in (LEGACY, MODERN):
            response = await bridge.post(cancel, bridge.token(), **{"MCP-Protocol-Version": version})
            assert response.status_code == 202
        api.may_answer.set()
    assert answers[0]["structuredContent"]["subject"] == "auth0|alice"


TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
METHODS = [
    "initialize",
    "ping",
    "tools/list",
    "tools/call",
    "server/discover",
    "subscriptions/listen",
    "resources/read",
]
METHODS += ["completion/complete", "logging/setLevel", "notifications/cancelled", "notifications/progress", "tasks/get"]
META = st.dictionaries(st.sampled_from([VERSION, "progressToken", "traceparent"]) | TEXT, JSON | st.just(MODERN))
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": st.sampled_from(METHODS) | TEXT},
    optional={
        "id": st.integers() | TEXT,
        "params": st.dictionaries(st.sampled_from(["name", "arguments", "cursor", "requestId"]) | TEXT, JSON)
        | st.fixed_dictionaries({"_meta": META}, optional={"name": st.just("whoami"), "arguments": JSON}),
        "result": JSON,
        "error": JSON,
    },
)
HEADERS = st.fixed_dictionaries(
    {"MCP-Protocol-Version": st.sampled_from([LEGACY, MODERN, "2025-03-26"]) | TEXT},
    optional={"Mcp-Method": st.sampled_from(METHODS) | TEXT, "Mcp-Name": TEXT | st.just("whoami"), "Accept": TEXT},
)


@settings(
    max_examples=settings().max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # each example is many requests, which would take minutes to shrink
)
@given(requests=st.lists(st.tuples(MESSAGES, HEADERS, st.booleans()), min_size=10, max_size=30))
def test_any_message_with_any_headers_gets_a_protocol_answer(bridge: RunningBridge, requests: list[Any]) -> None:
    async def play() -> None:
        async with bridge:
            token = bridge.token()
            for message, headers, mirrors in requests:
                mirrored = {"Mcp-Method": message["method"]} if mirrors else {}
                with anyio.fail_after(20):
                    response = await bridge.post(message, token, **(headers | mirrored))
                check(response)

    anyio.run(play)


def check(response: httpx2.Response) -> None:
    assert response.status_code in {200, 202, 400, 404, 406}, response.text
    assert not LEAKS.search(response.text), response.text
    if response.status_code != 202 and response.headers.get("content-type") == "application/json":
        assert response.json()["jsonrpc"] == "2.0"
