"""The API's /metrics: who may read it, and what it holds."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import DatabaseError
from pytest_django import Settings
from rest_framework.test import APIClient

from config.environment import read_environment
from on_behalf_of.audit import state
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.serving.metrics import api as api_metrics
from on_behalf_of.serving.metrics.measurements import Measurements
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure

OUTSIDE = "203.0.113.7"


@pytest.fixture
def measured(settings: Settings, api: APIClient) -> APIClient:
    """The API with metrics on."""
    settings.MEASUREMENTS = Measurements(worked_out=[api_metrics.WaitingForSeal()])
    configure(settings, API=replace(api_configuration(), observer=api_metrics.observed(settings.MEASUREMENTS)))
    settings.MIDDLEWARE = ["on_behalf_of.serving.metrics.page.MetricsMiddleware", *settings.MIDDLEWARE]
    return api


def page(client: APIClient, **headers: Any) -> str:
    response = client.get("/metrics", **headers)
    assert response.status_code == 200
    return str(response.content.decode())


def sample(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return float(found[1])


def test_calls_are_counted_by_route_and_status_and_refusals_by_reason(measured: APIClient, issuer: Issuer) -> None:
    token = issuer.token(scope="read:private")
    for path in ("/api/private-scope", "/api/notes/999", "/api/notes/998"):
        measured.get(path, **bearer(token))
    measured.get("/api/private-scope")
    measured.get("/api/private-scope", **bearer("nonsense"))
    measured.post("/api/notes/", {"title": "x"}, **bearer(token))
    measured.get("/nowhere/of-a-users-choice")
    measured.generic("BREW", "/api/public")
    text = page(measured)
    count = "obo_api_request_seconds_count"
    assert sample(text, f'{count}{{method="GET",route="/api/private-scope",status="200"}}') == 1
    assert sample(text, f'{count}{{method="GET",route="/api/private-scope",status="401"}}') == 2
    assert sample(text, f'{count}{{method="other",route="/api/public",status="405"}}') == 1
    for reason in ("no_token", "not_a_jwt", "insufficient_scope"):
        assert sample(text, f'obo_api_refusals_total{{reason="{reason}"}}') == 1
    assert sample(text, 'obo_key_fetches_total{outcome="ok"}') >= 1
    assert "choice" not in text
    assert "alice" not in text


def test_rows_waiting_for_a_seal_are_reported_unless_the_database_is_down(
    measured: APIClient,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured.get("/api/private-scope", **bearer(issuer.token(scope="read:private")))
    text = page(measured)
    assert sample(text, "obo_audit_unsealed_rows") == 1
    assert 0 <= sample(text, "obo_audit_lag_seconds") < 60

    def fails() -> None:
        raise DatabaseError

    monkeypatch.setattr(state, "waiting_rows", fails)
    assert "obo_audit_lag" not in page(measured)


def test_a_call_that_cannot_be_recorded_is_counted(
    measured: APIClient,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_rows: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("on_behalf_of.audit.group_commit.insert_rows", fails)
    for _ in range(2):
        answer = measured.get("/api/private-scope", **bearer(issuer.token(scope="read:private")))
        assert answer.status_code == 503
    assert sample(page(measured), "obo_audit_write_failures_total") == 2


@pytest.mark.parametrize(
    ("peer", "headers", "allowed", "status"),
    [
        ("127.0.0.1", {}, [], 200),
        ("::1", {}, [], 200),
        ("::ffff:127.0.0.1", {}, [], 200),
        (OUTSIDE, {}, [], 404),
        (OUTSIDE, {}, ["203.0.113.0/24"], 200),
        (OUTSIDE, {}, ["10.0.0.0/8"], 404),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": OUTSIDE}, [], 404),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, [], 404),
        ("127.0.0.1", {"HTTP_FORWARDED": "for=127.0.0.1"}, [], 404),
        (OUTSIDE, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, [], 404),
        ("", {}, ["0.0.0.0/0"], 404),
    ],
)
def test_only_direct_peers_from_loopback_or_allowed_networks_find_metrics(
    measured: APIClient, settings: Settings, peer: str, headers: dict[str, Any], allowed: list[str], status: int
) -> None:
    environment = read_environment(
        {"METRICS": "true", "METRICS_ALLOWED": ",".join(allowed), "STATE_DIR": str(configured.ENVIRONMENT.state_dir)}
    )
    settings.METRICS_ALLOWED = environment.observability.metrics_allowed
    settings.TRUSTED_PROXIES = read_environment(
        {"TRUSTED_PROXIES": "127.0.0.0/8", "STATE_DIR": str(configured.ENVIRONMENT.state_dir)}
    ).trusted_proxies
    assert measured.generic("GET", "/metrics", REMOTE_ADDR=peer, **headers).status_code == status


def test_requests_by_ip_address_need_no_allowed_host(measured: APIClient) -> None:
    """Prometheus finds its targets by address, as probes do."""
    assert page(measured, HTTP_HOST="10.1.2.3:8787")
    assert measured.post("/metrics").status_code == 404


def test_without_metrics_there_is_nothing_at_the_address(api: APIClient) -> None:
    assert api.get("/metrics").status_code == 404
