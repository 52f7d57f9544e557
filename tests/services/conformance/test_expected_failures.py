"""The lists of expected failures of the conformance suite."""

import re

import pytest

from tests.services.conformance.suite import EXPECTED_FAILURES
from tests.services.conformance.test_own_tools import SCENARIOS

ENTRY = re.compile(r"  - (?P<scenario>[\w-]+):(?P<check>[\w-]+)  # (?P<reason>.+)")


def entries(name: str) -> list[re.Match[str] | None]:
    lines = (EXPECTED_FAILURES / name).read_text().splitlines()
    return [ENTRY.fullmatch(line) for line in lines if line.lstrip().startswith("-")]


@pytest.mark.parametrize("name", sorted(file.name for file in EXPECTED_FAILURES.iterdir()))
def test_every_expected_failure_names_one_check_and_a_reason(name: str) -> None:
    assert entries(name) or "server: []" in (EXPECTED_FAILURES / name).read_text()
    assert None not in entries(name)


@pytest.mark.parametrize("revision", SCENARIOS)
def test_no_expected_failure_is_for_a_scenario_that_is_not_run(revision: str) -> None:
    """The suite itself notices only entries that pass."""
    named = {entry["scenario"] for entry in entries(f"own-tools-{revision}.yaml") if entry}
    assert named <= set(SCENARIOS[revision])
