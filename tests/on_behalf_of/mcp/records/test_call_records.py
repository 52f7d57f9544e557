"""Each tool call is recorded: who asked for what, and how it ended, but never the content."""

import json
from typing import Any

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.records.token_origin import TokenOrigin
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.trace import Trace
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

POLICY = Reply(403, b'{"detail":"Not by you.","reason":"actor_not_trusted"}')
ODD = Reply(403, b'{"detail":"No.","reason":"<script>"}')


def ends(bridge: RunningBridge) -> list[tuple[str, str]]:
    return [(record.outcome.value if record.outcome else "", record.reason) for record in bridge.calls]


async def test_a_call_is_recorded_with_who_asked_and_through_whom(bridge: RunningBridge) -> None:
    token = bridge.token(act={"sub": "agt_1", "client_id": "inspector"}, org_id="org_acme")
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("greet", token)
        await bridge.call("whoami", token)
    first, second, third = bridge.calls
    assert (first.tool, first.request_id, first.outcome, first.reason) == ("greet", "1", Outcome.OK, "")
    assert (first.token.subject, first.token.client_id, first.token.organization) == (
        "auth0|alice", "inspector", "org_acme",
    )  # fmt: skip
    assert first.token.actor is not None
    assert first.token.actor.subject == "agt_1"
    assert [first.exchange, second.exchange, third.exchange] == [
        TokenOrigin.EXCHANGED,
        TokenOrigin.CACHED,
        TokenOrigin.NONE,
    ]
    assert first.duration_ms > 0


REFUSALS: dict[str, tuple[Reply, tuple[str, str]]] = {
    "the policy's own code": (POLICY, ("refused", "actor_not_trusted")),
    "a code that is none": (ODD, ("refused", "api_refused")),
    "401": (Reply(401), ("failed", "api_rejected_token")),
    "404": (Reply(404), ("tool_error", "api_not_found")),
    "400": (Reply(400), ("tool_error", "api_found_input_invalid")),
    "503": (Reply(503), ("failed", "api_unavailable")),
    "nonsense": (Reply(200, b"<"), ("failed", "api_answer_malformed")),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_the_apis_answer_becomes_outcome_and_reason(bridge: RunningBridge, api: FakeApi, case: str) -> None:
    api.reply, expected = REFUSALS[case]
    async with bridge:
        text = await bridge.error_text("greet")
    assert ends(bridge) == [expected]
    if case == "the policy's own code":
        assert text == "The API refused the operation: Not by you."


TENANT: dict[str, tuple[Reply, tuple[str, str]]] = {
    "403": (Reply(403, b'{"error":"access_denied"}'), ("refused", "exchange_refused")),
    "401": (Reply(401, b'{"error":"invalid_grant"}'), ("refused", "subject_token_rejected")),
    "401 for us": (Reply(401, b'{"error":"invalid_client"}'), ("failed", "bridge_client_rejected")),
    "500": (Reply(500), ("failed", "tenant_unavailable")),
    "nonsense": (Reply(200, b"{}"), ("failed", "tenant_answer_malformed")),
}


@pytest.mark.parametrize("case", TENANT)
async def test_the_tenants_answer_becomes_outcome_and_reason(
    bridge: RunningBridge, tenant: FakeTenant, case: str
) -> None:
    tenant.reply, expected = TENANT[case]
    async with bridge:
        await bridge.post(tools_call("greet"), bridge.token())
    assert ends(bridge) == [expected]
    assert bridge.calls[0].exchange is TokenOrigin.NONE


async def test_refusals_by_the_bridge_are_recorded(bridge: RunningBridge) -> None:
    """RFC 6750 §3.1 insufficient_scope, and what no scope can mend."""
    async with bridge:
        await bridge.post(tools_call("greet"), bridge.token(scope="tool:whoami"))
        await bridge.call("greet", bridge.token(scope="", permissions=[]))
        await bridge.call("add_note", None, title="")
        await bridge.post(tools_call("no_such_tool"), bridge.token())
        await bridge.post(tools_call("greet"), bridge.token(sub="robot", client_id="robot"))
        await bridge.post({**tools_call("greet"), "params": {"name": "greet", "arguments": []}}, bridge.token())
    assert ends(bridge) == [
        ("refused", "insufficient_scope"),
        ("refused", "scopes_not_grantable"),
        ("tool_error", "invalid_arguments"),
        ("refused", "unknown_tool"),
        ("refused", "machine_not_allowed"),
        ("refused", "invalid_request"),
    ]


async def test_only_tool_calls_by_verified_callers_are_recorded(bridge: RunningBridge) -> None:
    """Otherwise anybody could fill the disk."""
    async with bridge:
        await bridge.post(tools_call("greet"))
        await bridge.post(tools_call("greet"), bridge.token(exp=1))
        await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, bridge.token())
        await bridge.post(b"{", bridge.token())
    assert bridge.calls == []


async def test_a_client_that_disconnects_during_a_call_is_recorded_as_gone(bridge: RunningBridge, api: FakeApi) -> None:
    api.may_answer.clear()
    async with bridge, anyio.create_task_group() as tasks:
        tasks.start_soon(bridge.post, tools_call("greet"), bridge.token())
        assert await anyio.to_thread.run_sync(api.was_asked.wait, 5)
        tasks.cancel_scope.cancel()
        api.may_answer.set()
    assert ends(bridge) == [("cancelled", "client_gone")]


async def test_neither_arguments_nor_tokens_are_in_a_record(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token, secret = bridge.token(), "the diary of alice"
    async with bridge:
        await bridge.call("add_note", token, title=secret, body=secret)
        await bridge.call("add_note", token, body=secret, title=secret)
        await bridge.call("add_note", token, title=secret)
        await bridge.call("whoami", token)
    kept = repr(bridge.calls)
    assert secret not in kept
    assert all(part not in kept for part in token.split("."))
    same, again, other, none = (record.arguments_digest for record in bridge.calls)
    assert same == again != other
    assert len(same) == 64
    assert none == ""


async def test_the_digest_of_arguments_is_keyed(bridge: RunningBridge) -> None:
    """Without a key, short values could be guessed."""
    digests = []
    for key in (b"one", b"two"):
        bridge.configure(record_key=key)
        async with bridge:
            await bridge.call("add_note", None, title="yes")
        digests.append(bridge.calls.pop().arguments_digest)
    assert len(set(digests)) == 2


HOSTILE = {
    "long": "x" * 3_000,
    "control": "a\x00\x1b[31m\u202eb",
    "token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWEtdG9rZW4",
    "html": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_names_and_ids_are_bounded_and_cleaned(bridge: RunningBridge, text: str) -> None:
    async with bridge:
        await bridge.post({**tools_call(text), "id": text}, bridge.token())
        await bridge.post({**tools_call("whoami"), "id": 10**300}, bridge.token())
    for record in bridge.calls:
        assert len(record.tool) <= 128
        assert len(record.request_id) <= 64
        assert (record.tool + record.request_id).isprintable()
    assert "eyJhbGci" not in repr(bridge.calls)


@given(name=st.text() | st.none() | st.integers(), request_id=st.text() | st.integers(), arguments=st.text())
def test_the_record_of_any_request_is_bounded(name: Any, request_id: Any, arguments: str) -> None:
    request = JsonRpcRequest("tools/call", {"name": name, "arguments": arguments}, request_id, {})
    record = CallRecord.of(request, token=None, trace=Trace.made(), key=b"k")  # type: ignore[arg-type] # not read
    json.dumps([record.tool, record.request_id]).encode()
    assert len(record.tool) <= 128
    assert len(record.request_id) <= 64
    assert "\x00" not in record.tool + record.request_id


async def test_clients_of_the_current_revision_are_recorded_too(bridge: RunningBridge) -> None:
    async with bridge:
        answer = await bridge.post(modern_call("whoami"), bridge.token(), **modern_headers("whoami"))
        mismatch = await bridge.post(modern_call("whoami"), bridge.token(), **modern_headers("greet"))
    assert (answer.status_code, mismatch.status_code) == (200, 400)
    assert ends(bridge) == [("ok", ""), ("refused", "invalid_request")]
