"""Variables for hosting: proxies, metrics, traces and logs."""

from dataclasses import dataclass

from on_behalf_of.environment import kinds
from on_behalf_of.environment.variable import ALL, API, BRIDGE, Variable, Variables
from on_behalf_of.primitives.client_address import Network

BOTH = (API, BRIDGE)
OTLP = "http/protobuf"

TRUSTED_PROXIES = Variable(
    "TRUSTED_PROXIES",
    kinds.networks,
    "networks whose `X-Forwarded-*` headers are believed, such as `10.0.0.0/8`, separated by commas",
    ALL,
    otherwise="none",
)
METRICS = Variable(
    "METRICS",
    kinds.flag,
    "whether the service answers `/metrics` ([observability](observability.md))",
    BOTH,
    default="false",
)
METRICS_ALLOWED = Variable(
    "METRICS_ALLOWED",
    kinds.networks,
    "networks that may read `/metrics`, beside loopback, separated by commas",
    BOTH,
    otherwise="loopback only",
)
LOG_FORMAT = Variable(
    "LOG_FORMAT",
    kinds.choice("plain", "json"),
    "`plain`, or `json`: one JSON object per line",
    ALL,
    default="plain",
)
OTEL_TRACES_EXPORTER = Variable(
    "OTEL_TRACES_EXPORTER",
    kinds.choice("otlp", "none"),
    "OpenTelemetry's: `otlp` turns traces on, `none` off. They need the packages of the extra `tracing`",
    BOTH,
    otherwise="`otlp` if an endpoint is set",
)
OTEL_EXPORTER_OTLP_ENDPOINT = Variable(
    "OTEL_EXPORTER_OTLP_ENDPOINT", kinds.url, "OpenTelemetry's: where traces are sent; turns them on", BOTH
)
OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = Variable(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", kinds.url, "the same, for traces alone", BOTH
)
OTEL_EXPORTER_OTLP_PROTOCOL = Variable(
    "OTEL_EXPORTER_OTLP_PROTOCOL", kinds.text, f"OpenTelemetry's: only `{OTLP}` is known", BOTH, otherwise=f"`{OTLP}`"
)
OTEL_EXPORTER_OTLP_TRACES_PROTOCOL = Variable(
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", kinds.text, "the same, for traces alone", BOTH, otherwise=f"`{OTLP}`"
)
OTEL_SDK_DISABLED = Variable(
    "OTEL_SDK_DISABLED", kinds.flag, "OpenTelemetry's: `true` turns traces off", BOTH, default="false"
)
VARIABLES = (
    TRUSTED_PROXIES,
    METRICS,
    METRICS_ALLOWED,
    LOG_FORMAT,
    OTEL_TRACES_EXPORTER,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
    OTEL_SDK_DISABLED,
)


@dataclass(frozen=True)
class Observability:
    """Whether and how a service is observed: metrics, logs and traces."""

    metrics: bool  # METRICS
    metrics_allowed: tuple[Network, ...]  # METRICS_ALLOWED; loopback may always ask
    json_lines: bool  # LOG_FORMAT
    tracing: bool  # OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT; OpenTelemetry reads the rest itself


def read_observability(read: Variables) -> Observability:
    """Return what is measured, logged and traced. Raises ImproperlyConfigured."""
    metrics, allowed = read(METRICS), read(METRICS_ALLOWED)
    if allowed and not metrics:
        raise METRICS_ALLOWED.mistake("has no effect unless METRICS is true")
    return Observability(
        metrics=metrics, metrics_allowed=allowed, json_lines=read(LOG_FORMAT) == "json", tracing=_tracing(read)
    )


def _tracing(read: Variables) -> bool:
    exporter = read.given(OTEL_TRACES_EXPORTER)
    endpoints = [read(each) for each in (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)]
    is_on = exporter != "none" and bool(exporter or any(endpoints)) and not read(OTEL_SDK_DISABLED)
    for variable in (OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL):
        if is_on and read(variable) not in {"", OTLP}:
            raise variable.mistake(f"must be {OTLP}")
    return is_on
