"""The same through the MCP endpoint: from the bytes of a message to the bytes that the API receives."""

import json
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.openapi.described_operation import Description
from tests.on_behalf_of.mcp.openapi.exact_call import plausible_reply
from tests.on_behalf_of.mcp.openapi.expected_request import Expectations, same
from tests.on_behalf_of.mcp.openapi.generated_arguments import hostile_arguments, is_encodable
from tests.on_behalf_of.mcp.openapi.lending_process import SCOPES, description
from tests.on_behalf_of.mcp.openapi.made_documents import BODIES, SCOPE
from tests.on_behalf_of.mcp.openapi.raw_api import RawApi, json_reply, raw_api
from tests.on_behalf_of.mcp.openapi.wire import said
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

OPERATIONS = (
    "books_create",
    "books_search_list",
    "books_list",
    "members_retrieve",
    "shelves_update",
    "payments_create",
)
# Each example makes many calls to one bridge, so that few examples are enough.
MANY_CALLS = settings(max_examples=max(settings().max_examples // 20, 1), suppress_health_check=list(HealthCheck))


@pytest.fixture
def raw(bridge: RunningBridge, tenant: FakeTenant) -> Iterator[RawApi]:
    tenant.grantable = {*SCOPES, SCOPE}
    with raw_api() as raw:
        bridge.configure(api_base_url=raw.url)
        yield raw


@MANY_CALLS
@given(data=st.data())
def test_a_message_to_the_endpoint_becomes_exactly_one_request(
    bridge: RunningBridge, raw: RawApi, data: st.DataObject
) -> None:
    bridge.registry = ToolRegistry.from_openapi(description(), OPERATIONS)
    tools = dict(zip(OPERATIONS, bridge.registry, strict=True))

    async def play() -> None:
        async with bridge:
            token = bridge.token(scope=" ".join(SCOPES))
            for _ in range(20):
                operation_id = data.draw(st.sampled_from(OPERATIONS))
                expectations = Expectations(Description(description()).operation(operation_id))
                arguments = data.draw(hostile_arguments(expectations).filter(is_encodable))
                operation = expectations.operation
                raw.answer = lambda _, operation=operation: plausible_reply(operation)  # type: ignore[misc]
                message = tools_call("") | {"params": {"name": tools[operation_id].name, "arguments": arguments}}
                response = await bridge.post(message, token)
                assert response.status_code == 200
                result, requests = response.json()["result"], raw.taken()
                if not requests:
                    text = result["content"][0]["text"]
                    assert result["isError"] is True
                    assert text.isprintable()
                    assert "log has the details" not in text
                    continue
                (request,) = requests
                received = said(operation, request, host=raw.url.partition("//")[2])
                is_optional = operation.body is not None and not operation.body.is_required
                assert same(received, expectations.said(arguments), is_body_optional=is_optional)
                assert token not in f"{request}"

    anyio.run(play)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("written", "received"),
    [
        ("1.0", 1),
        ("1e2", 100),
        ("-0", 0),
        ("9007199254740993", 9007199254740993),
        ("1" + "0" * 400, 10**400),
        ("1e400", None),
        ("-1e400", None),
        ("NaN", None),
        ("Infinity", None),
        ("true", None),
        ('"1"', None),
        ("1.5", None),
        ("1" * 5_000, None),  # Python does not read integers of more than 4300 digits
    ],
)
async def test_numbers_arrive_as_they_were_written_or_not_at_all(
    bridge: RunningBridge, raw: RawApi, written: str, received: int | None
) -> None:
    bridge.registry = ToolRegistry.from_openapi(BODIES, ["integer_body"])
    (tool,) = bridge.registry
    message = json.dumps(tools_call(tool.name, body="here")).replace('"here"', written).encode()
    async with bridge:
        response = await bridge.post(message, bridge.token(scope=SCOPE))
    bodies = [json.loads(request.body) for request in raw.taken()]
    assert bodies == ([] if received is None else [received])
    assert "Traceback" not in response.text
    if received is None:
        assert "error" in response.json() or response.json()["result"]["isError"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "written", [r'"a\ud800"', r'"\udfff"', r'"\ud800\ud800"', '"a", "body": "b"', b'"\xff"', b'"\xed\xa0\x80"']
)
async def test_text_that_readers_would_take_differently_reaches_no_api(
    bridge: RunningBridge, raw: RawApi, written: str | bytes
) -> None:
    """RFC 8259 §8.2, §4: lone surrogates, repeated names, and bytes that are not UTF-8."""
    bridge.registry = ToolRegistry.from_openapi(BODIES, ["text_body"])
    (tool,) = bridge.registry
    value = written if isinstance(written, bytes) else written.encode()
    message = json.dumps(tools_call(tool.name, body="here")).encode().replace(b'"here"', value)
    async with bridge:
        response = await bridge.post(message, bridge.token(scope=SCOPE))
    assert raw.taken() == []
    assert "Traceback" not in response.text


@pytest.mark.anyio
@pytest.mark.parametrize("text", ["\x00", "\r\nX-Evil: 1\r\n\r\n", "\u202e\u2066", "\U0001f600", "\u2028", "\ufeff"])
async def test_any_other_text_arrives_whole(bridge: RunningBridge, raw: RawApi, text: str) -> None:
    raw.answer = lambda _: json_reply({"text": text})
    bridge.registry = ToolRegistry.from_openapi(BODIES, ["text_body"])
    (tool,) = bridge.registry
    async with bridge:
        result: dict[str, Any] = await bridge.call(tool.name, bridge.token(scope=SCOPE), body=text)
    assert [json.loads(each.body) for each in raw.taken()] == [text]
    assert result["structuredContent"] == {"text": text}
