"""The bridge as it is served, with its own tools, under the official conformance suite.

Every scenario that is about the protocol rather than about particular tools, resources or prompts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.conformance import suite
from tests.services.conformance.token_proxy import adding_token
from tests.services.running import Running

pytestmark = pytest.mark.node

SCENARIOS = {
    "2026-07-28": (
        "server-stateless",
        "http-header-validation",
        "tools-list",
        "caching",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ),
    "2025-11-25": (
        "server-initialize",
        "ping",
        "tools-list",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
        "server-session-lifecycle",
    ),
}


@pytest.fixture(scope="module")
def url(services: Running) -> Iterator[str]:
    """Yield the URL of the bridge for an administrator."""
    with adding_token(services.ports["bridge"], services.subject_token("auth0|local-admin")) as url:
        yield f"{url}/mcp"


@pytest.mark.parametrize(
    ("revision", "scenario"), [(revision, each) for revision, several in SCENARIOS.items() for each in several]
)
def test_the_bridge_passes_all_checks_except_the_listed_ones(
    url: str, revision: str, scenario: str, tmp_path: Path
) -> None:
    report = suite.run(
        url,
        *("--scenario", scenario, "--spec-version", revision),
        expected_failures=f"own-tools-{revision}.yaml",
        results=tmp_path,
    )
    assert report.exit_code == 0, report.output
    assert report.checks.keys() == {scenario}
