"""The arithmetic of `make bench ONLY=peers`."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.bench.figures import Measured, Run, median_ratio, row_faults, significant


def measured(rate: float, **changes: Any) -> Measured:
    values: dict[str, Any] = {
        "p50": 2.0,
        "p99": 6.0,
        "processor_time": 1.0,
        "answered": 300,
        "sent": 304,
        "rows": None,
        "exchanges": 0.0,
    }
    return Measured(rate=rate, **(values | changes))


def run(**scenarios: dict[str, list[Measured]]) -> Run:
    return Run("2026-11-28", "2 cores", "wrk", 3, 3.0, {"mcp": "2.3.0"}, scenarios=scenarios)


def test_a_ratio_is_formed_within_a_round() -> None:
    """The machine was twice as fast in the last round: the ratio does not notice, one of medians would."""
    assert median_ratio([50, 60, 200], [100, 120, 400]) == 0.5
    assert median_ratio([50, 120, 200], [100, 100, 400]) == 0.5


def test_a_target_that_answered_nothing_spoils_its_own_round_only() -> None:
    assert median_ratio([50, 60], [0, 120]) == 0.5
    assert math.isnan(median_ratio([50], [0]))
    assert math.isnan(median_ratio([], []))


def test_a_run_forms_ratios_of_rates_and_medians_of_everything() -> None:
    found = run(call={"peer": [measured(100), measured(200), measured(150)], "own": [measured(50)] * 3})
    assert found.ratio("call", "own", "peer") == pytest.approx(1 / 3)
    assert found.median("call", "peer", "rate") == 150
    assert math.isnan(found.ratio("call", "own", "nobody"))


@pytest.mark.parametrize(
    ("answered", "sent", "rows", "is_fault"),
    [
        pytest.param(100, 100, 100, False, id="one row for each call"),
        pytest.param(100, 104, 102, False, id="some answers came too late for the load generator"),
        pytest.param(100, 104, 99, True, id="an answered call without a row"),
        pytest.param(100, 104, 105, True, id="a row without a call"),
        pytest.param(100, 100, None, False, id="no log"),
    ],
)
def test_rows_are_counted_against_calls(answered: int, sent: int, rows: int | None, *, is_fault: bool) -> None:
    assert bool(row_faults(answered, sent, rows)) is is_fault


def test_a_run_is_read_as_it_was_kept(tmp_path: Path) -> None:
    before = run(call={"own": [measured(100, rows=300, faults=("one",))]})
    before.starts["own"] = {"api": [0.5]}
    before.memory["own"] = {"api": {"idle": 60.0, "loaded": 70.0}}
    before.save(tmp_path / "below" / "run.json")
    assert Run.load_from(tmp_path / "below" / "run.json") == before


def test_a_fault_is_told_with_where_it_happened() -> None:
    found = run(call={"peer": [measured(1)], "own": [measured(1), measured(1, faults=("three wrong answers",))]})
    assert found.faults() == ["call, own, round 2: three wrong answers"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.6649, "0.66"), (0.0, "0.00"), (1.26, "1.3"), (12.6, "13"), (math.nan, "-")]
)
def test_ratios_have_two_digits(value: float, text: str) -> None:
    assert significant(value) == text
