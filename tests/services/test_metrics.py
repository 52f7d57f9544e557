"""With several workers, each one returns the metrics of all of them."""

import os
import signal
from pathlib import Path

import requests

from tests.on_behalf_of.mcp.served_bridge import until
from tests.services.observed import served
from tests.services.running import Running

ADMIN = "auth0|local-admin"
COUNT = 'obo_tool_call_seconds_count{outcome="ok",tool="greet"}'


def test_metrics_sum_up_all_workers_including_dead_ones(services: Running, tmp_path: Path) -> None:
    token = services.subject_token(ADMIN)
    with served("bridge", services, workers=2, METRICS="true", TMPDIR=str(tmp_path)) as bridge:
        until(lambda: len(bridge.workers()) == 2, "there are not two workers")
        made = 0

        def both_have_counted() -> bool:
            nonlocal made
            assert services.call("greet", token, endpoint=f"{bridge.url}/mcp").status_code == 200
            made += 1
            counting = {file.stem.rpartition("_")[2] for file in tmp_path.glob("obo-metrics-*/histogram_*.db")}
            return len(counting) == 2

        until(both_have_counted, "only one worker was called")
        until(lambda: bridge.sample(COUNT) == made, f"{made} calls were made")
        assert bridge.sample('obo_circuit_open{party="tenant"}') == 0
        assert 1 <= bridge.sample('obo_exchange_cache_lookups_total{result="miss"}') <= 2

        dead = bridge.workers()[0]
        os.kill(dead.pid, signal.SIGKILL)
        until(lambda: len(bridge.workers()) == 2 and dead not in bridge.workers(), "the dead worker did not come back")
        assert bridge.sample(COUNT) == made
        assert list(tmp_path.glob(f"obo-metrics-*/histogram_{dead.pid}.db"))
        assert not list(tmp_path.glob(f"obo-metrics-*/gauge_live*_{dead.pid}.db"))


def test_the_api_reports_how_long_rows_wait_for_their_seal(services: Running, tmp_path: Path) -> None:
    with served("api", services, workers=2, METRICS="true", TMPDIR=str(tmp_path)) as api:
        for _ in range(6):
            assert requests.get(f"{api.url}/api/private-scope", timeout=30).status_code == 401
        assert api.sample("obo_api_refusals_total") == 6
        assert "obo_audit_lag_seconds" in api.metrics()
        assert api.sample("obo_audit_lag_seconds") < 60
        forwarded = requests.get(f"{api.url}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, timeout=30)
        assert forwarded.status_code == 404
    assert requests.get(f"{services.api}/metrics", timeout=30).status_code == 404
    assert requests.get(f"{services.bridge}/metrics", timeout=30).status_code == 404
