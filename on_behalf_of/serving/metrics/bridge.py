from prometheus_client import Counter, Gauge, Histogram

from on_behalf_of.mcp.observer import Observer
from on_behalf_of.serving.metrics.measurements import BUCKETS, Measurements, key_fetches

PARTIES = ("tenant", "api")  # the parties of the shared cache appear once they have failed


def observed(measurements: Measurements) -> Observer:
    """Return an observer that counts and measures what the bridge reports."""
    registry = measurements.registry
    exchanges = Histogram(
        "obo_exchange_seconds", "Token exchanges: how they ended, and how long they took.", ["outcome"],
        buckets=BUCKETS, registry=registry,
    )  # fmt: skip
    look_ups = Counter(
        "obo_exchange_cache_lookups", "Where the token for the API was found.", ["result"], registry=registry
    )
    calls = Histogram(
        "obo_tool_call_seconds", "Tool calls: how they ended, and how long they took.", ["tool", "outcome"],
        buckets=BUCKETS, registry=registry,
    )  # fmt: skip
    refusals = Counter("obo_bridge_refusals", "Refused requests and tool calls.", ["reason"], registry=registry)
    circuits = Gauge(
        "obo_circuit_open", "How many processes consider a party down.", ["party"],
        registry=registry, multiprocess_mode="livesum",
    )  # fmt: skip
    dropped = Counter("obo_tool_call_records_dropped", "Records of tool calls that were lost.", registry=registry)
    fetches = key_fetches(registry)
    for party in PARTIES:
        circuits.labels(party).set(0)
    return Observer(
        exchanged=lambda outcome, seconds: exchanges.labels(outcome).observe(seconds),
        looked_up=lambda result: look_ups.labels(result).inc(),
        called=lambda tool, outcome, seconds: calls.labels(tool, outcome).observe(seconds),
        refused=lambda reason: refusals.labels(reason).inc(),
        keys_fetched=lambda succeeded: fetches.labels("ok" if succeeded else "failed").inc(),
        circuit_changed=lambda party, is_open: circuits.labels(party).set(is_open),
        records_dropped=dropped.inc,
    )
