"""What is told of a running service beside its answers: measurements, and lines of log."""

from dataclasses import dataclass

from config.variables import Network, Variables, refuse

METRICS_ALLOWED = "METRICS_ALLOWED"


@dataclass(frozen=True)
class Observability:
    metrics: bool  # METRICS
    metrics_allowed: tuple[Network, ...]  # METRICS_ALLOWED; loopback may always ask
    json_lines: bool  # LOG_FORMAT


def read_observability(read: Variables) -> Observability:
    metrics, allowed = read.flag("METRICS", default=False), read.networks(METRICS_ALLOWED)
    if allowed and not metrics:
        refuse(METRICS_ALLOWED, "has no effect unless METRICS is true")
    log_format = read.text("LOG_FORMAT") or "plain"
    if log_format not in {"plain", "json"}:
        refuse("LOG_FORMAT", "must be plain or json")
    return Observability(metrics=metrics, metrics_allowed=allowed, json_lines=log_format == "json")
