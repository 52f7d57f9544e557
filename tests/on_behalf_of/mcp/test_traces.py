"""One trace for an MCP request and everything it causes (W3C Trace Context)."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.mcp.endpoint.callers_trace import callers_trace
from on_behalf_of.primitives.trace import Trace
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, modern_call, modern_headers, tools_call

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
OTHER = f"00-{'a' * 32}-{'b' * 16}-00"
FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")

MALFORMED = {
    "empty": "",
    "words": "not a trace",
    "all zero trace": f"00-{'0' * 32}-{SPAN_ID}-01",
    "all zero span": f"00-{TRACE_ID}-{'0' * 16}-01",
    "capitals": TRACEPARENT.upper(),
    "too short": TRACEPARENT[:-1],
    "too long": f"{TRACEPARENT}-x",
    "a line more": f"{TRACEPARENT}\n",
    "version ff": f"ff{TRACEPARENT[2:]}",
    "a later version": f"01{TRACEPARENT[2:]}",
    "other digits": TRACEPARENT.replace("4", "\N{FULLWIDTH DIGIT FOUR}"),
}


def test_a_callers_trace_continues_with_our_own_span() -> None:
    """W3C Trace Context §3.2.2.4: each sender of a request writes its own parent-id."""
    trace = callers_trace([TRACEPARENT], None)
    assert (trace.id, trace.from_caller) == (TRACE_ID, True)
    first, second = trace.traceparent(), trace.traceparent()
    assert first.startswith(f"00-{TRACE_ID}-")
    assert first.endswith("-01")
    assert len({SPAN_ID, first.split("-")[2], second.split("-")[2]}) == 3


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_trace_is_replaced_by_a_new_one(value: str) -> None:
    """W3C Trace Context §3.2.2.5."""
    for trace in (callers_trace([value], None), callers_trace([], {"traceparent": value})):
        assert not trace.from_caller
        assert trace.id != TRACE_ID
        assert FORM.fullmatch(trace.traceparent())


def test_the_header_comes_before_meta_and_meta_before_a_new_one() -> None:
    assert callers_trace([TRACEPARENT], {"traceparent": OTHER}).id == TRACE_ID
    assert callers_trace(["junk"], {"traceparent": TRACEPARENT}).id == TRACE_ID
    assert callers_trace([OTHER, OTHER], {"traceparent": TRACEPARENT}).id == TRACE_ID  # several headers are none
    assert callers_trace([], {}).id != callers_trace([], {}).id


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(TRACEPARENT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("traceparent"), inner, max_size=3),
    max_leaves=5,
)


@given(headers=st.lists(st.text() | st.just(TRACEPARENT), max_size=3), meta=JSON_VALUES)
def test_for_any_headers_the_trace_is_well_formed_and_attributed_correctly(headers: list[str], meta: Any) -> None:
    trace = callers_trace(headers, meta)
    assert FORM.fullmatch(trace.traceparent())
    assert trace.from_caller == (trace.id == TRACE_ID)


@given(st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.?", fullmatch=True))
def test_near_misses_of_a_trace_are_accepted_or_replaced(value: str) -> None:
    trace = callers_trace([value], None)
    assert trace.from_caller == (len(value) == 55 and value.startswith("00-") and trace.id == value[3:35])
    assert trace.id != "0" * 32


@pytest.mark.anyio
@pytest.mark.parametrize("where", ["header", "meta", "modern meta"])
async def test_tenant_and_api_get_the_trace_of_the_mcp_request(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, where: str
) -> None:
    message, headers = tools_call("greet"), {}
    if where == "header":
        headers = {"traceparent": TRACEPARENT}
    elif where == "modern meta":
        message, headers = modern_call("greet"), modern_headers("greet")
    if "meta" in where:
        message["params"].setdefault("_meta", {})["traceparent"] = TRACEPARENT
    async with bridge:
        answer = await bridge.post(message, bridge.token(), **headers)
    assert not answer.json()["result"].get("isError")
    sent = [received.headers["traceparent"] for received in (*tenant.received, *api.received)]
    assert len(sent) == 2
    assert {value.split("-")[1] for value in sent} == {TRACE_ID}
    assert len({SPAN_ID, *(value.split("-")[2] for value in sent)}) == 3
    assert (bridge.calls[0].trace.id, bridge.calls[0].trace.from_caller) == (TRACE_ID, True)


@pytest.mark.anyio
async def test_without_a_trace_each_request_gets_its_own(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("greet", token)
    first, second = (received.headers["traceparent"].split("-")[1] for received in api.received)
    assert first != second
    assert [record.trace for record in bridge.calls] == [Trace(first, False), Trace(second, False)]
    assert tenant.received[0].headers["traceparent"].split("-")[1] == first


@pytest.mark.anyio
async def test_no_other_context_of_the_caller_is_forwarded(bridge: RunningBridge, api: FakeApi) -> None:
    """W3C Trace Context §3.3, Baggage §3: free text from the caller, which the API must not receive."""
    message = tools_call("greet")
    message["params"]["_meta"] = {"traceparent": TRACEPARENT, "tracestate": "evil=1", "baggage": "evil=2"}
    async with bridge:
        await bridge.post(message, bridge.token(), tracestate="evil=3", baggage="evil=4")
    assert "evil" not in json.dumps(list(api.received[0].headers.items()))
