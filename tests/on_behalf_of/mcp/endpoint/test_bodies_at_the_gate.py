"""Bodies that are too long, too slow or of the wrong type, and methods other than POST."""

import asyncio
from typing import Any

import pytest

from on_behalf_of.mcp.endpoint.request_body import MAX_BODY
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_with_a_token_the_wrong_method_is_405_with_allow(bridge: RunningBridge, method: str) -> None:
    """RFC 9110 §15.5.6."""
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}"}
        response = await bridge.http.request(method, "/mcp", headers=headers)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"


async def test_without_a_token_the_body_is_not_read(bridge: RunningBridge) -> None:
    """The body is discarded for a moment, so that the client gets the answer and not a connection reset."""
    bridge.gate_changes["discard_deadline"] = 0.05
    async with bridge:
        response = await bridge.http.post("/mcp", content=_stalling(asyncio.Event()))
    assert response.status_code == 401


async def test_a_body_over_1_mb_is_413_before_its_end(bridge: RunningBridge) -> None:
    async with bridge:
        declared = await bridge.post(b"x" * (MAX_BODY + 1), bridge.token())
        undeclared = await bridge.http.post(
            "/mcp",
            content=_chunks(b"x" * 65_536, 17),
            headers={"Authorization": f"Bearer {bridge.token()}", "Content-Type": "application/json"},
        )
    assert (declared.status_code, undeclared.status_code) == (413, 413)


async def test_a_slow_body_is_408_and_delays_no_other_request(bridge: RunningBridge) -> None:
    bridge.gate_changes["body_deadline"] = 2.0
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}", "Content-Type": "application/json"}
        never = asyncio.Event()
        slow = [
            asyncio.create_task(bridge.http.post("/mcp", content=_stalling(never), headers=headers)) for _ in range(20)
        ]
        await asyncio.sleep(0)
        result = await bridge.call("get_datetime")
        assert not result.get("isError")
        assert not any(task.done() for task in slow)
        assert [(await task).status_code for task in slow] == [408] * 20


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_a_body_that_is_not_sent_as_json_is_415(bridge: RunningBridge, content_type: str) -> None:
    """RFC 9110 §15.5.16; a page could send the others without its browser asking first."""
    async with bridge:
        response = await bridge.post(PING, bridge.token(), **{"Content-Type": content_type})
    assert response.status_code == 415


async def _chunks(chunk: bytes, times: int) -> Any:
    for _ in range(times):
        yield chunk


async def _stalling(never: asyncio.Event) -> Any:
    yield b"{"
    await never.wait()
