from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from on_behalf_of.drf.observer import Observer
from on_behalf_of.serving.metrics.measurements import BUCKETS, Measurements, key_fetches

DATABASE_TIME = 1.5  # seconds; a request for measurements must not wait long for the database


def observed(measurements: Measurements) -> Observer:
    """Return an observer that counts and measures what the API reports."""
    registry = measurements.registry
    requests = Histogram(
        "obo_api_request_seconds", "Requests to the API: how they ended, and how long they took.",
        ["method", "route", "status"], buckets=BUCKETS, registry=registry,
    )  # fmt: skip
    refusals = Counter("obo_api_refusals", "Requests that were refused or failed.", ["reason"], registry=registry)
    not_recorded = Counter(
        "obo_audit_write_failures", "Calls that were answered 503, because their row could not be written.",
        registry=registry,
    )  # fmt: skip
    fetches = key_fetches(registry)
    return Observer(
        answered=lambda method, route, status, seconds: requests.labels(method, route, str(status)).observe(seconds),
        refused=lambda reason: refusals.labels(reason).inc(),
        not_recorded=not_recorded.inc,
        keys_fetched=lambda succeeded: fetches.labels("ok" if succeeded else "failed").inc(),
    )


class WaitingForSeal(Collector):
    """Measures what is not sealed yet, by asking the database at each request; absent if that does not answer."""

    def collect(self) -> Iterator[Metric]:
        # Imported here because they are models, and this module is loaded with the settings.
        from on_behalf_of.audit.state import waiting_rows
        from on_behalf_of.audit.time_limit import limited_database_time

        try:
            with limited_database_time(DATABASE_TIME):
                waiting = waiting_rows()
        except DatabaseError:
            return
        yield GaugeMetricFamily(
            "obo_audit_lag_seconds", "How long the oldest row has been waiting for its seal.", value=waiting.seconds
        )
        yield GaugeMetricFamily("obo_audit_unsealed_rows", "Rows that are not sealed yet.", value=waiting.rows)
