"""Whatever a client, the tenant or the API sends, the answer is as specified and holds no exception text."""

import json
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp import json_schema
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcError, parse_request
from on_behalf_of.mcp.json_schema import first_violation
from on_behalf_of.primitives.foreign_text import LIMIT, readable
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ARGUMENTS = st.dictionaries(st.sampled_from(["title", "body", "page", "page_size", "timezone"]) | TEXT, VALUES)
# Each example makes many calls to one bridge, so that few examples are enough.
MANY_CALLS_ON_ONE_BRIDGE = settings(
    max_examples=settings().max_examples // 10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(body=st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_message_or_is_refused(body: bytes) -> None:
    try:
        request = parse_request(body)
    except JsonRpcError:
        return
    assert json.loads(request.canonical) == json.loads(body)


@given(arguments=ARGUMENTS, tool=st.sampled_from(list(TOOLS)))
def test_a_complaint_about_arguments_is_one_short_line(arguments: dict[str, Any], tool: Any) -> None:
    violation = first_violation(tool.input_schema, arguments)
    if violation is not None:
        assert violation.isprintable()
        assert len(violation) < 300


@given(text=st.text() | st.integers() | st.none() | st.lists(st.text()))
def test_foreign_text_is_one_bounded_printable_line(text: Any) -> None:
    line = readable(text)
    assert len(line) <= LIMIT
    assert "\n" not in line
    assert line == line.strip()


@MANY_CALLS_ON_ONE_BRIDGE
@given(calls=st.lists(st.tuples(st.sampled_from(list(TOOLS)), ARGUMENTS), min_size=5, max_size=20))
def test_any_arguments_get_an_answer_or_a_readable_tool_error(bridge: RunningBridge, calls: list[Any]) -> None:
    async def play() -> None:
        async with bridge:
            token = bridge.token()
            for tool, arguments in calls:
                message = tools_call(tool.name) | {"params": {"name": tool.name, "arguments": arguments}}
                response = await bridge.post(message, token)
                assert response.status_code == 200
                result = response.json()["result"]
                assert result.get("isError") or first_violation(tool.output_schema, result["structuredContent"]) is None
                assert "Traceback" not in response.text

    anyio.run(play)


@pytest.mark.parametrize("party", ["tenant", "api"])
@MANY_CALLS_ON_ONE_BRIDGE
@given(replies=st.lists(st.tuples(st.sampled_from([200, 201, 204, 302, 400, 403, 404, 418, 500]), VALUES), min_size=8))
def test_any_answer_of_tenant_or_api_is_a_result_or_a_readable_tool_error(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, party: str, replies: list[Any]
) -> None:
    async def play() -> None:
        async with bridge:
            token = bridge.token()
            for status, body in replies:
                reply = Reply(status, b"" if status == 204 else json.dumps(body).encode())
                (tenant if party == "tenant" else api).reply = reply
                text = await bridge.error_text("greet", token)
                assert text.isprintable()
                assert len(text) < 700
                assert "log has the details" not in text  # that would be a bug of ours

    anyio.run(play)
    tenant.reply = api.reply = None


def test_schemas_made_for_one_call_do_not_pile_up() -> None:
    """A tool may make the schema of an answer as it goes, and the memory of an old one may become that of another."""
    for limit in range(2 * json_schema.MOST_CHECKS):
        schema = {"type": "object", "properties": {"a": {"maximum": limit}}}
        assert first_violation(schema, {"a": limit}) is None
        assert first_violation(schema, {"a": limit + 1}) == f"a: must be at most {limit}"
    assert len(json_schema._checks) <= json_schema.MOST_CHECKS
