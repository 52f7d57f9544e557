"""JSON-RPC batches: MCP 2025-03-26 requires them, and no other revision has them."""

import json
from typing import Any

import httpx2
import pytest

from on_behalf_of.primitives.call_error import Outcome
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.endpoint.test_protocol_revision import initialize
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, tools_call

pytestmark = pytest.mark.anyio

INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PING = {"jsonrpc": "2.0", "id": "ping", "method": "ping"}


def call(tool: str, request_id: str, **arguments: Any) -> dict[str, Any]:
    return tools_call(tool, **arguments) | {"id": request_id}


async def post(
    bridge: RunningBridge, messages: Any, token: str | None = None, version: str | None = "2025-03-26"
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token or bridge.token()}", "Accept": "application/json, text/event-stream"}
    if version is not None:
        headers["MCP-Protocol-Version"] = version
    return await bridge.http.post("/mcp", json=messages, headers=headers)


@pytest.mark.parametrize("version", ["2025-03-26", None])
async def test_each_request_of_a_batch_is_answered_and_each_call_is_recorded(
    bridge: RunningBridge, version: str | None
) -> None:
    """MCP 2025-03-26 transports §Sending Messages; JSON-RPC 2.0 §6: notifications get no answer."""
    messages = [call("whoami", "a"), INITIALIZED, PING, call("greet", "b"), call("no_such_tool", "c")]
    async with bridge:
        response = await post(bridge, messages, version=version)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answers = {answer["id"]: answer for answer in response.json()}
    assert answers.keys() == {"a", "ping", "b", "c"}
    assert answers["a"]["result"]["structuredContent"]["subject"] == "auth0|alice"
    assert answers["b"]["result"]["structuredContent"]["subject"] == "auth0|alice"
    assert answers["ping"]["result"] == {}
    assert answers["c"]["error"]["code"] == -32602
    assert sorted((each.request_id, each.outcome) for each in bridge.calls) == [
        ("a", Outcome.OK),
        ("b", Outcome.OK),
        ("c", Outcome.REFUSED),
    ]


async def test_a_batch_of_notifications_gets_no_answer(bridge: RunningBridge) -> None:
    async with bridge:
        response = await post(bridge, [INITIALIZED, INITIALIZED])
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize("claims", [{"sub": "robot", "client_id": "robot"}, {"act": {"sub": "stranger"}}])
async def test_a_batch_with_a_refused_token_calls_nothing(
    bridge: RunningBridge, tenant: FakeTenant, claims: dict[str, Any]
) -> None:
    async with bridge:
        response = await post(bridge, [call("get_datetime", "a"), call("greet", "b")], bridge.token(**claims))
    assert response.status_code == 403
    assert tenant.forms == []
    assert {each.outcome for each in bridge.calls} == {Outcome.REFUSED}


@pytest.mark.parametrize("version", ["2025-06-18", LEGACY, MODERN])
async def test_other_revisions_refuse_batches(bridge: RunningBridge, tenant: FakeTenant, version: str) -> None:
    async with bridge:
        response = await post(bridge, [call("greet", "a")], version=version)
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32600)
    assert tenant.forms == []


BROKEN: dict[str, Any] = {
    "empty": [],
    "too long": [PING] * 21,
    "a message that is none": [call("greet", "a"), {"jsonrpc": "2.0", "id": 1}],
    "a text": [call("greet", "a"), "ping"],
    "a batch in a batch": [[call("greet", "a")]],
    "an answer": [call("greet", "a"), {"jsonrpc": "2.0", "id": 1, "result": {}}],
    "a handshake": [initialize("2025-03-26"), call("greet", "a")],
    "a body of another revision": [
        call("greet", "a") | {"params": {"name": "greet", "_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}}}
    ],
}


@pytest.mark.parametrize("case", BROKEN)
async def test_an_invalid_batch_is_400_and_calls_nothing(bridge: RunningBridge, tenant: FakeTenant, case: str) -> None:
    async with bridge:
        response = await post(bridge, BROKEN[case])
    assert response.status_code == 400
    assert response.json()["error"]["code"] in {-32600, -32020}
    assert tenant.forms == []


@pytest.mark.parametrize("body", [b"[", b"[{}", b'[],"x":1', b"[NaN]", b"[]]", b'[{"a":1,"a":2}]'])
async def test_malformed_json_is_a_parse_error(bridge: RunningBridge, body: bytes) -> None:
    async with bridge:
        response = await bridge.post(body, bridge.token(), **{"MCP-Protocol-Version": "2025-03-26"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32700)


async def test_a_batch_is_challenged_as_a_whole_before_anything_is_called(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    """A client that asks for consent sends the whole batch again."""
    messages = [call("greet", "a"), call("add_note", "b", title="x")]
    async with bridge:
        stranger = await bridge.http.post("/mcp", json=messages)
        response = await post(bridge, messages, bridge.token(scope="tool:greet"))
    assert stranger.status_code == 401
    assert response.status_code == 403
    assert 'scope="tool:greet tool:notes"' in response.headers["www-authenticate"]
    assert response.json()["id"] == "b"
    assert tenant.forms == []
    assert [(each.request_id, each.outcome) for each in bridge.calls] == [("b", Outcome.REFUSED)]


async def test_a_login_that_the_tenant_no_longer_accepts_is_a_401_for_the_whole_batch(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    tenant.reply = Reply(401, b'{"error":"invalid_grant"}')
    async with bridge:
        response = await post(bridge, [call("whoami", "a"), call("greet", "b")])
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_failing_call_does_not_affect_the_other_answers(bridge: RunningBridge, api: FakeApi) -> None:
    api.reply = Reply(400, b'{"title":["Too long."]}')
    async with bridge:
        response = await post(bridge, [call("whoami", "a"), call("add_note", "b", title="x")])
    answers = {answer["id"]: answer["result"] for answer in response.json()}
    assert "title: Too long" in answers["b"]["content"][0]["text"]
    assert not answers["a"].get("isError")


async def test_a_batch_gets_no_progress_and_is_one_document(bridge: RunningBridge) -> None:
    message = call("greet", "a")
    message["params"]["_meta"] = {"progressToken": 1}
    async with bridge:
        response = await post(bridge, [message])
    assert json.loads(response.content)[0]["result"]["structuredContent"]["subject"] == "auth0|alice"
