"""The bridge's part of a trace: its spans, how they nest, and that they hold no secrets."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from on_behalf_of.mcp.observer import Observer
from on_behalf_of.serving.tracing import OurTraceIds, Spans
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio
TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.fixture
def exporter(bridge: RunningBridge) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(id_generator=OurTraceIds())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    bridge.configure(observer=Observer(span=Spans(lambda: provider)))
    return exporter


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def ids(span: ReadableSpan) -> tuple[str, str]:
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def parent_id(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent else ""


@pytest.mark.parametrize("where", ["header", "_meta"])
async def test_spans_nest_from_the_client_to_the_tool_call_to_exchange_and_api_call(
    bridge: RunningBridge, api: FakeApi, exporter: InMemorySpanExporter, where: str
) -> None:
    message, headers = modern_call("greet"), modern_headers("greet")
    if where == "header":
        headers["traceparent"] = TRACEPARENT
    else:
        message["params"]["_meta"]["traceparent"] = TRACEPARENT
    async with bridge:
        await bridge.post(message, bridge.token(), **headers)
    spans = by_name(exporter)
    assert set(spans) == {"tools/call greet", "token exchange", "API call"}
    call = spans["tools/call greet"]
    assert (ids(call)[0], parent_id(call)) == (TRACE_ID, SPAN_ID)
    for name, sent in (
        ("token exchange", bridge.tenant.received[-1].headers["traceparent"]),
        ("API call", api.received[-1].headers["traceparent"]),
    ):
        assert ids(spans[name])[0] == TRACE_ID
        assert parent_id(spans[name]) == ids(call)[1]
        assert sent.split("-")[1:3] == list(ids(spans[name]))
    assert dict(call.attributes or {}) == {"obo.outcome": "ok"}
    assert dict(spans["API call"].attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
    }


async def test_a_trace_that_begins_at_the_bridge_has_the_id_of_its_record(
    bridge: RunningBridge, exporter: InMemorySpanExporter
) -> None:
    async with bridge:
        await bridge.call("greet")
    spans = by_name(exporter)
    assert spans["tools/call greet"].parent is None
    assert {ids(span)[0] for span in spans.values()} == {bridge.calls[0].trace.id}


async def test_a_failed_step_is_marked_without_the_reason(
    bridge: RunningBridge, exporter: InMemorySpanExporter
) -> None:
    bridge.tenant.answer_changes = {"token_type": "N_A"}
    async with bridge:
        await bridge.call("greet")
        await bridge.post(tools_call("a-clients-own-words"), bridge.token())
    spans = by_name(exporter)
    assert not spans["token exchange"].status.is_ok
    said = " ".join(span.to_json() for span in exporter.get_finished_spans())
    for word in ("N_A", "alice", "eyJ", "own-words", "exception"):
        assert word not in said
