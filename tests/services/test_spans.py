"""Spans of both services as a collector receives them: one trace, properly nested."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.services.own_process import own_process
from tests.services.running import Running

ADMIN = "auth0|local-admin"


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, Any]]]:
    """Receive OTLP over HTTP. Yield the address, and the spans by name, each with its service."""
    spans: dict[str, Any] = {}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in request.resource_spans:
                service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
                for span in (span for scope in resource.scope_spans for span in scope.spans):
                    spans[span.name] = (service, span)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", spans
        finally:
            server.shutdown()
            thread.join()


def test_bridge_and_api_share_one_trace_whose_spans_nest(services: Running, tmp_path: Path) -> None:
    token = services.subject_token(ADMIN)
    with collector() as (url, spans):
        tracing: Any = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "60000"}
        with (
            own_process("api", services, tmp_path / "api.log", **tracing) as api,
            own_process("bridge", services, tmp_path / "bridge.log", API_BASE_URL=api.url, **tracing) as bridge,
        ):
            assert not bridge.greet(token, trace_id="f" * 32).get("isError")
    assert set(spans) == {"tools/call greet", "token exchange", "API call", "API request", "audit commit"}
    assert {span.trace_id.hex() for _, span in spans.values()} == {"f" * 32}
    below = {
        "tools/call greet": bytes.fromhex("00f067aa0ba902b7"),  # the client's own
        "token exchange": spans["tools/call greet"][1].span_id,
        "API call": spans["tools/call greet"][1].span_id,
        "API request": spans["API call"][1].span_id,
        "audit commit": spans["API request"][1].span_id,
    }
    assert {name: span.parent_span_id for name, (_, span) in spans.items()} == below
    assert {name: service for name, (service, _) in spans.items()} == {
        "tools/call greet": "bridge", "token exchange": "bridge", "API call": "bridge",
        "API request": "api", "audit commit": "api",
    }  # fmt: skip
    received = b" ".join(span.SerializeToString() for _, span in spans.values())
    for secret in (ADMIN.encode(), b"eyJ", b"Bearer"):
        assert secret not in received
