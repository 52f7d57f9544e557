"""A connection that closes before the answer: what it stops, what continues, and what is recorded."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest

from on_behalf_of.mcp.endpoint import worker
from on_behalf_of.mcp.endpoint.asgi_types import Message, is_last
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.primitives.call_error import Outcome
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import LEGACY, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

FORMS = ["current", "streaming", "earlier", "earlier, streaming", "batch"]


class Connection:
    """One request over ASGI, whose client may go away."""

    def __init__(self, bridge: RunningBridge, form: str, tool: str, **arguments: Any) -> None:
        is_modern = form in {"current", "streaming"}
        message = (modern_call if is_modern else tools_call)(tool, **arguments)
        if "streaming" in form:
            message["params"].setdefault("_meta", {})["progressToken"] = 1
        headers = {
            "host": "localhost",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            "authorization": f"Bearer {bridge.token()}",
        } | (
            modern_headers(tool) if is_modern else {"mcp-protocol-version": "2025-03-26" if form == "batch" else LEGACY}
        )
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/mcp",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        self.bridge = bridge
        self.sent: list[Message] = []
        self.closed, self.has_sent, self.is_answered = anyio.Event(), anyio.Event(), anyio.Event()
        self._pending = [
            {
                "type": "http.request",
                "body": json.dumps([message] if form == "batch" else message).encode(),
                "more_body": False,
            }
        ]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve the request within this context. It must have ended when the context ends."""
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.bridge.app, self.scope, self._receive, self._send)
                yield

    async def _receive(self) -> Message:
        if self._pending:
            return self._pending.pop()
        await self.closed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        self.has_sent.set()
        if is_last(message):
            self.is_answered.set()


@pytest.mark.parametrize("form", FORMS)
async def test_a_call_ends_when_its_client_disconnects_even_if_the_api_never_answers(
    bridge: RunningBridge, api: FakeApi, form: str
) -> None:
    """MCP 2026-07-28 streamable HTTP §Cancellation: work is stopped, and nothing more is sent."""
    bridge.configure(upstream_timeout=60)
    api.may_answer.clear()
    connection = Connection(bridge, form, "greet")
    async with bridge:
        async with connection.open():
            assert await anyio.to_thread.run_sync(api.was_asked.wait, 10)
            connection.closed.set()
        assert connection.sent == []
    assert ends(bridge.calls) == [(Outcome.CANCELLED, "client_gone")]


@pytest.mark.parametrize("form", FORMS)
async def test_a_client_that_disconnected_before_its_call_is_watched_ends_it_too(
    bridge: RunningBridge, api: FakeApi, form: str
) -> None:
    bridge.configure(upstream_timeout=60)
    api.may_answer.clear()
    connection = Connection(bridge, form, "greet")
    connection.closed.set()
    async with bridge, connection.open():
        pass
    assert connection.sent == []
    assert ends(bridge.calls) == [(Outcome.CANCELLED, "client_gone")]


@pytest.mark.parametrize("form", ["streaming", "earlier, streaming"])
async def test_a_client_that_disconnects_during_its_stream_is_recorded_as_gone(
    bridge: RunningBridge, api: FakeApi, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PROGRESS_EVERY", 0.05)
    api.may_answer.clear()
    connection = Connection(bridge, form, "greet")
    async with bridge, connection.open():
        await connection.has_sent.wait()
        connection.closed.set()
    assert connection.sent[0]["status"] == 200
    assert ends(bridge.calls) == [(Outcome.CANCELLED, "client_gone")]


@pytest.mark.parametrize("form", ["current", "streaming"])
async def test_in_the_current_revision_a_write_is_cancelled_too(bridge: RunningBridge, api: FakeApi, form: str) -> None:
    bridge.configure(upstream_timeout=60)
    api.may_answer.clear()
    connection = Connection(bridge, form, "add_note", title="x")
    async with bridge, connection.open():
        assert await anyio.to_thread.run_sync(api.was_asked.wait, 10)
        connection.closed.set()
    assert ends(bridge.calls) == [(Outcome.CANCELLED, "client_gone")]


@pytest.mark.parametrize("form", ["earlier", "earlier, streaming", "batch"])
async def test_in_earlier_revisions_a_write_is_completed(bridge: RunningBridge, api: FakeApi, form: str) -> None:
    """MCP 2025-11-25 transports: disconnection SHOULD NOT be interpreted as the client cancelling its request."""
    api.may_answer.clear()
    connection = Connection(bridge, form, "add_note", title="x")
    async with bridge, connection.open():
        assert await anyio.to_thread.run_sync(api.was_asked.wait, 10)
        connection.closed.set()
        await anyio.wait_all_tasks_blocked()
        api.may_answer.set()
    assert [note["title"] for note in api.notes["auth0|alice"]] == ["x"]
    assert ends(bridge.calls) == [(Outcome.OK, "")]


@pytest.mark.parametrize("form", FORMS)
async def test_a_client_that_disconnects_after_its_answer_changes_nothing(bridge: RunningBridge, form: str) -> None:
    connection = Connection(bridge, form, "greet")
    async with bridge, connection.open():
        await connection.is_answered.wait()
        connection.closed.set()
    assert ends(bridge.calls) == [(Outcome.OK, "")]


def ends(calls: list[CallRecord]) -> list[tuple[Outcome | None, str]]:
    return [(record.outcome, record.reason) for record in calls]
