"""MCP progress: a client that asks for it gets a stream, and every other client gets one JSON document."""

import json
from typing import Any

import anyio
import anyio.to_thread
import httpx2
import pytest

from on_behalf_of.mcp.endpoint import worker
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

REJECTED = Reply(401, b'{"error":"invalid_grant"}')


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PROGRESS_EVERY", 0.05)


async def test_progress_names_the_clients_token_and_only_increases(bridge: RunningBridge, api: FakeApi) -> None:
    """MCP progress §Progress Flow: the value MUST increase with each notification; it MUST stop after completion."""
    api.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(answers_in, api, 0.3)
        response = await call(bridge, token="mine")
    *notes, answer = events(response)
    assert {note["method"] for note in notes} == {"notifications/progress"}
    assert {note["params"]["progressToken"] for note in notes} == {"mine"}
    values = [note["params"]["progress"] for note in notes]
    assert values == sorted(set(values))
    assert answer["result"]["structuredContent"]["subject"] == "auth0|alice"
    assert response.headers["x-accel-buffering"] == "no"
    assert "no-store" in response.headers["cache-control"]  # RFC 6750 §5.3


async def test_a_quick_call_of_the_current_revision_is_one_json_document(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PROGRESS_EVERY", 60)
    async with bridge:
        response = await call(bridge, token=7)
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("is_modern", [False, True])
async def test_without_a_token_a_slow_call_is_one_json_document(
    bridge: RunningBridge, api: FakeApi, is_modern: bool
) -> None:
    api.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(answers_in, api, 0.15)
        response = await call(bridge, is_modern=is_modern)
    assert response.json()["result"]["structuredContent"]


@pytest.mark.parametrize("is_modern", [False, True])
@pytest.mark.parametrize("token", [None, True, 1.5, ["x"], {"a": 1}])
async def test_a_refused_token_never_gets_a_stream(bridge: RunningBridge, token: Any, is_modern: bool) -> None:
    """MCP progress §Progress Flow: tokens MUST be a string or an integer."""
    async with bridge:
        response = await call(bridge, token=token, is_modern=is_modern)
    assert response.headers["content-type"] == "application/json"
    assert "Traceback" not in response.text


async def test_a_client_that_does_not_accept_streams_gets_json(bridge: RunningBridge, api: FakeApi) -> None:
    api.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(answers_in, api, 0.15)
        response = await call(bridge, token=1, Accept="application/json")
    assert response.json()["result"]["structuredContent"]


@pytest.mark.parametrize("is_modern", [False, True])
async def test_before_a_stream_starts_the_status_can_still_be_401(
    bridge: RunningBridge, tenant: FakeTenant, is_modern: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PROGRESS_EVERY", 60)
    tenant.reply = REJECTED
    async with bridge:
        response = await call(bridge, token=1, is_modern=is_modern)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/json"
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("is_modern", [False, True])
async def test_after_a_stream_has_started_a_rejected_login_is_a_tool_error(
    bridge: RunningBridge, tenant: FakeTenant, is_modern: bool
) -> None:
    tenant.reply = REJECTED
    tenant.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(answers_in, tenant, 0.3)
        response = await call(bridge, token=1, is_modern=is_modern)
    assert response.status_code == 200
    result = events(response)[-1]["result"]
    assert result["isError"] is True
    assert "Log in again" in result["content"][0]["text"]


async def test_exceptions_of_a_tool_are_not_sent_in_a_stream_either(
    bridge: RunningBridge, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: ToolCall) -> ToolAnswer:
        call.api.get("/api/private-scope")
        raise RuntimeError("password=hunter2")

    bridge.registry = ToolRegistry(
        [Tool(broken, name="greet", description="Breaks.", scopes=("tool:greet",), downstream_scopes=("read:private",))]
    )
    api.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(answers_in, api, 0.15)
        response = await call(bridge, token=1)
    assert events(response)[-1]["result"]["isError"] is True
    assert "hunter2" not in response.text


async def call(bridge: RunningBridge, *, token: Any = ..., is_modern: bool = True, **headers: str) -> httpx2.Response:
    message = modern_call("greet") if is_modern else tools_call("greet")
    if token is not ...:
        message["params"].setdefault("_meta", {})["progressToken"] = token
    return await bridge.post(message, bridge.token(), **((modern_headers("greet") if is_modern else {}) | headers))


async def answers_in(party: FakeApi | FakeTenant, seconds: float) -> None:
    assert await anyio.to_thread.run_sync(party.was_asked.wait, 10)
    await anyio.sleep(seconds)
    party.may_answer.set()


def events(response: httpx2.Response) -> list[dict[str, Any]]:
    """The messages of a stream of server-sent events."""
    assert response.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line[5:]) for line in response.text.splitlines() if line.startswith("data:")]
