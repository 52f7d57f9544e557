"""What is told of a running service beside its answers: measurements, and lines of log."""

from dataclasses import dataclass

from config.variables import Network, Variables, refuse

METRICS_ALLOWED = "METRICS_ALLOWED"

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")


@dataclass(frozen=True)
class Observability:
    metrics: bool  # METRICS
    metrics_allowed: tuple[Network, ...]  # METRICS_ALLOWED; loopback may always ask
    json_lines: bool  # LOG_FORMAT
    tracing: bool  # OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT; the rest of them is OpenTelemetry's to read


def read_observability(read: Variables) -> Observability:
    metrics, allowed = read.flag("METRICS", default=False), read.networks(METRICS_ALLOWED)
    if allowed and not metrics:
        refuse(METRICS_ALLOWED, "has no effect unless METRICS is true")
    log_format = read.text("LOG_FORMAT") or "plain"
    if log_format not in {"plain", "json"}:
        refuse("LOG_FORMAT", "must be plain or json")
    return Observability(
        metrics=metrics, metrics_allowed=allowed, json_lines=log_format == "json", tracing=_tracing(read)
    )


def _tracing(read: Variables) -> bool:
    exporter = read.text("OTEL_TRACES_EXPORTER")
    if exporter not in {"", "none", "otlp"}:
        refuse("OTEL_TRACES_EXPORTER", "must be otlp or none")
    endpoints = [name for name in ENDPOINTS if read.text(name)]
    for name in endpoints:
        read.url(name, read.text(name))
    is_on = exporter != "none" and bool(exporter or endpoints) and not read.flag("OTEL_SDK_DISABLED", default=False)
    for name in PROTOCOLS:
        if is_on and read.text(name) not in {"", "http/protobuf"}:
            refuse(name, "must be http/protobuf")
    return is_on
