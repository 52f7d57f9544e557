"""Metrics switched on and off, their documentation, and the directory that workers share."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, read_environment
from on_behalf_of.serving.metrics import api as api_metrics
from on_behalf_of.serving.metrics import bridge as bridge_metrics
from on_behalf_of.serving.metrics import workers_directory
from on_behalf_of.serving.metrics.measurements import Measurements
from tests.config.test_environment import QUICKSTART
from tests.docs.blocks import blocks

DOCUMENT = (BASE_DIR / "docs/observability.md").read_text()


def test_without_metrics_their_package_is_not_loaded() -> None:
    for service in ("api", "bridge"):
        code = (
            "import sys, django; django.setup(); from django.conf import settings;"
            "print('prometheus_client' in sys.modules, 'opentelemetry.sdk' in sys.modules, settings.MEASUREMENTS)"
        )
        bare = {"DJANGO_SETTINGS_MODULE": f"config.{service}.settings"}
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=BASE_DIR,
            env=os.environ | bare,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.strip() == "False False None"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"METRICS": "perhaps"}, "METRICS"),
        ({"METRICS": "true", "METRICS_ALLOWED": "everybody"}, "METRICS_ALLOWED"),
        ({"METRICS_ALLOWED": "10.0.0.0/8"}, "METRICS_ALLOWED"),
    ],
)
def test_a_wrong_value_is_refused_with_the_variables_name(tmp_path: Path, variables: dict[str, str], name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} "):
        read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | variables)


def test_each_metric_is_documented_and_each_documented_one_exists(db: None) -> None:
    for_api = Measurements(worked_out=[api_metrics.WaitingForSeal()])
    for_bridge = Measurements()
    api_metrics.observed(for_api)
    bridge_metrics.observed(for_bridge)
    exposed = for_api.text().decode() + for_bridge.text().decode()
    table = DOCUMENT.partition("## Metrics")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(obo_\w+)`", table, re.MULTILINE))
    assert documented == set(re.findall(r"^# TYPE (obo_\w+)", exposed, re.MULTILINE))
    names = {name + end for name in documented for end in ("", "_bucket", "_count", "_sum")}
    assert set(re.findall(r"\bobo_\w+", DOCUMENT)) <= names


def test_the_alerts_are_prometheus_rules_on_existing_metrics() -> None:
    """Checks brackets and metric names only; whether Prometheus accepts an expression is for promtool to check."""
    (block,) = blocks("docs/observability.md", "yaml")
    (group,) = yaml.safe_load(block.text)["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) > 0
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for"}
        assert re.search(r"\bobo_\w+", rule["expr"]), rule["alert"]
        assert all(rule["expr"].count(one) == rule["expr"].count(other) for one, other in ("()", "{}", "[]"))
        assert re.fullmatch(r"[0-9]+[smh]", rule.get("for", "0s"))


def test_directories_of_dead_servers_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    (tmp_path / f"obo-metrics-{gone.pid}-x").mkdir()
    (tmp_path / "obo-metrics-elsewhere").mkdir()
    mine = workers_directory.fresh_directory()
    assert mine.stat().st_mode & 0o777 == 0o700
    assert {each.name for each in tmp_path.iterdir()} == {mine.name, "obo-metrics-elsewhere"}
    assert workers_directory.fresh_directory() != mine
    assert mine.exists()
