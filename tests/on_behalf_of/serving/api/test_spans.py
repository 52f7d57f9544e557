"""The API's part of a trace."""

from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.observer import Observer
from on_behalf_of.serving.tracing import OurTraceIds, Spans
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure


@pytest.mark.parametrize("traceparent", ["", "nonsense", f"00-{'a' * 32}-{'b' * 16}-01"])
def test_a_request_and_the_commit_of_its_row_have_the_rows_trace_id(
    api: APIClient, issuer: Issuer, settings: Settings, traceparent: str
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(id_generator=OurTraceIds())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = Spans(lambda: provider)
    configure(settings, API=replace(api_configuration(), observer=Observer(span=spans)))
    headers = bearer(issuer.token(scope="read:private"))
    if traceparent:
        headers["HTTP_TRACEPARENT"] = traceparent
    api.get("/api/private-scope", **headers)
    commit, request = exporter.get_finished_spans()
    assert (request.name, commit.name) == ("API request", "audit commit")
    assert request.context is not None
    assert commit.context is not None
    assert commit.parent is not None
    row = DelegatedAccess.objects.get()
    assert {f"{each.trace_id:032x}" for each in (request.context, commit.context)} == {row.trace_id}
    assert commit.parent.span_id == request.context.span_id
    assert (f"{request.parent.span_id:016x}" if request.parent else "") == ("b" * 16 if row.trace_from_caller else "")
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/api/private-scope",
        "http.response.status_code": 200,
    }
