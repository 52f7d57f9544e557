"""The official suite's own fixtures, served through the bridge's mount and gate: all that a revision requires."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.services.conformance import suite
from tests.services.conformance.token_proxy import adding_token
from tests.services.own_process import OwnProcess, own_process
from tests.services.running import Running

pytestmark = pytest.mark.node

FIXTURES = "tests.services.conformance.fixture_server:application"
# Also run by --requirements, but never counted: the suite's own reference server does not pass them yet.
NOT_REQUIRED = {
    "2026-07-28": {"http-header-validation", "http-custom-header-server-validation", "json-schema-2020-12"},
    "2025-11-25": {"server-session-lifecycle", "json-schema-2020-12"},
}


@pytest.fixture(scope="module")
def fixtures(services: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnProcess]:
    log = tmp_path_factory.mktemp("fixtures") / "log"
    with own_process("bridge", services, log, application=FIXTURES) as bridge:
        yield bridge


@pytest.fixture(scope="module")
def url(services: Running, fixtures: OwnProcess) -> Iterator[str]:
    """Yield the URL of the fixtures for an administrator."""
    with adding_token(fixtures.port, services.subject_token("auth0|local-admin")) as url:
        yield f"{url}/mcp"


def test_the_fixture_tools_are_behind_the_bridges_gate(services: Running, fixtures: OwnProcess) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "test_simple_text"}}
    answer = requests.post(f"{fixtures.url}/mcp", json=message, timeout=30)
    assert answer.status_code == 401
    challenge = requests.post(services.mcp, json=message, timeout=30).headers["WWW-Authenticate"]
    assert answer.headers["WWW-Authenticate"] == challenge


@pytest.mark.parametrize(("revision", "required"), [("2026-07-28", 37), ("2025-11-25", 30)])
def test_all_required_checks_pass_except_the_listed_ones(
    url: str, revision: str, required: int, tmp_path: Path
) -> None:
    report = suite.run(
        url, "--requirements", revision, expected_failures=f"fixture-tools-{revision}.yaml", results=tmp_path
    )
    assert report.exit_code == 0, report.output
    assert len(report.checks) >= required
    assert report.passed >= NOT_REQUIRED[revision], report.output
