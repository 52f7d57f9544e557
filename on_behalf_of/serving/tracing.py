"""OpenTelemetry traces. Loaded only if the environment asks for them; the packages are an extra.

The provider is not registered globally, because spans that libraries report may hold more than we want to export.
"""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.primitives.span import Span

if importlib.util.find_spec("opentelemetry.sdk") is None or importlib.util.find_spec("opentelemetry.exporter") is None:
    raise ImproperlyConfigured(
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER asks for traces, but OpenTelemetry is not installed: "
        "install the extra `tracing` of django-on-behalf-of, or unset them."
    )

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR = TraceContextTextMapPropagator()
_trace_id: ContextVar[str] = ContextVar("trace_id_of_a_new_trace", default="")


class OurTraceIds(RandomIdGenerator):
    """Gives a trace that begins here the id under which the services record it."""

    def generate_trace_id(self) -> int:
        return int(_trace_id.get() or "0", 16) or super().generate_trace_id()


def exporting_provider(service: str) -> TracerProvider:
    """Return a provider that exports in the background, as OTEL_EXPORTER_OTLP_ENDPOINT and its like say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # slow to load
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}), id_generator=OurTraceIds())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


@dataclass
class Spans:
    """Begins spans. `provide` is called for the first one, in the process that serves."""

    provide: Callable[[], TracerProvider]
    _provider: TracerProvider | None = None

    @cached_property
    def tracer(self) -> Tracer:
        self._provider = self.provide()
        return self._provider.get_tracer("django-on-behalf-of")

    def stop(self) -> None:
        """Send the spans that are left. granian's workers end without Python's exit handlers, which would do it."""
        if self._provider is not None:
            self._provider.shutdown()

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, name: str, *, trace_id: str, traceparent: str) -> AbstractContextManager[Span]:
        parent = PROPAGATOR.extract({"traceparent": traceparent}, context=Context()) if traceparent else Context()
        return _begun(self.tracer, name, SpanKind.SERVER, parent, trace_id)


@dataclass(frozen=True)
class _DrawnSpan:
    tracer: Tracer
    span: OtelSpan

    @property
    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier, context=set_span_in_context(self.span, Context()))
        return carrier["traceparent"]

    def set(self, name: str, value: str | int) -> None:
        self.span.set_attribute(name, value)

    def child(self, name: str, *, asks_another: bool = False) -> AbstractContextManager[Span]:
        kind = SpanKind.CLIENT if asks_another else SpanKind.INTERNAL
        return _begun(self.tracer, name, kind, set_span_in_context(self.span, Context()))


@contextmanager
def _begun(tracer: Tracer, name: str, kind: SpanKind, parent: Context, trace_id: str = "") -> Iterator[Span]:
    token = _trace_id.set(trace_id)
    try:
        span = tracer.start_span(name, context=parent, kind=kind)
    finally:
        _trace_id.reset(token)
    try:
        yield _DrawnSpan(tracer, span)
    except BaseException:  # without its text, which may hold a user's data
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()
