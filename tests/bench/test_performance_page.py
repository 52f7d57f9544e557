"""What `make bench WRITE=1` does to docs/performance.md."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import performance_page
from tests.bench.figures import Measured, Run, significant
from tests.bench.pages import put_between_markers
from tests.bench.performance_page import PROJECT, QUICKSTART, TARGETS
from tests.bench.scenarios import SCENARIOS

PART = "<!-- rates: written by make bench -->{}<!-- end of rates -->"


@pytest.fixture
def run() -> Run:
    """A run in which every figure is another one."""
    made = Run("2026-11-28", "2 cores", "wrk", 3, 3.0, {"mcp": "2.3.0"})
    number = 1_000
    for scenario in SCENARIOS:
        for target in TARGETS:
            number += 7
            rows = None if target.startswith(QUICKSTART) else 300
            each = Measured(number, number + 1, number + 2, number + 3, 300, 300, rows, 0.0)
            made.scenarios.setdefault(scenario.name, {})[target] = [each] * 3
    for target in TARGETS:
        made.starts[target] = {"api": [0.41, 0.42, 0.43], "mcp": [0.71, 0.72, 0.73]}
        made.memory[target] = {service: {"idle": 61.0, "loaded": 77.0} for service in ("api", "mcp")}
    return made


def test_only_what_is_between_the_markers_is_replaced() -> None:
    text = f"Before\n\n{PART.format('old')}\n\nAfter\n"
    assert put_between_markers(
        text, "rates", "new\n"
    ) == f"Before\n\n{PART.format('{0}{0}new{0}{0}')}\n\nAfter\n".format("\n")


@pytest.mark.parametrize("text", ["nothing", PART.format("one") + PART.format("two"), PART.format("")[:-3]])
def test_a_page_without_exactly_one_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="exactly one part"):
        put_between_markers(text, "rates", "new")


def test_the_page_has_a_place_for_every_part_and_writing_again_changes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(performance_page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(performance_page, "PAGE", page)
    monkeypatch.setattr(performance_page, "PLOT", tmp_path / "performance.svg")
    monkeypatch.setattr(performance_page, "BASE_DIR", tmp_path)
    assert performance_page.write(run) == ["performance.md", "performance.svg"]
    written = page.read_text(encoding="utf-8")
    for part in performance_page.parts(run).values():
        assert part in written
    performance_page.write(run)
    assert page.read_text(encoding="utf-8") == written


def test_the_tables_show_every_figure_where_it_belongs(run: Run) -> None:
    parts = performance_page.parts(run)
    for scenario, targets in run.scenarios.items():
        for name, member in (("rates", "rate"), ("latencies", "p99"), ("processor", "processor_time")):
            row = next(line for line in parts[name].splitlines() if line.startswith(f"| {scenario} |"))
            cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
            for cell, target in zip(cells, targets, strict=False):
                assert f"{run.median(scenario, target, member):.0f}" in cell


def test_the_page_says_how_many_calls_are_on_record(run: Run) -> None:
    assert "10,800 calls" in performance_page.parts(run)["run"]  # six scenarios, three rounds, on both databases


def test_the_plot_shows_every_rate_with_its_name(run: Run) -> None:
    plot = ElementTree.fromstring(performance_page.plot(run))  # noqa: S314 - our own
    texts = [text.text for text in plot.iter("{http://www.w3.org/2000/svg}text")]
    for scenario, targets in run.scenarios.items():
        assert scenario in texts
        for target in targets:
            assert f"{run.median(scenario, target, 'rate'):,.0f}" in texts
    assert texts.count(PROJECT) == len(SCENARIOS)
    assert plot.get("role") == "img"
    assert plot.get("aria-label")


def test_bars_are_as_long_as_their_values(run: Run) -> None:
    plot = performance_page.plot(run)
    lengths = [float(width) for width in re.findall(r'class="bar\d" x="270" y="\d+" width="([\d.]+)"', plot)]
    rates = [run.median(scenario, target, "rate") for scenario in run.scenarios for target in TARGETS]
    api = len(rates) // 2  # the panels have scales of their own
    for part in (slice(0, api), slice(api, None)):
        assert max(lengths[part]) == 500
        shortest = lengths[part][0] / max(lengths[part])
        assert shortest == pytest.approx(rates[part][0] / max(rates[part]), abs=0.001)


def test_who_does_not_see_the_plot_reads_how_the_project_compares(run: Run) -> None:
    said = performance_page.alternative_text(run)
    for scenario in run.scenarios:
        assert f"{scenario}, {significant(run.ratio(scenario, PROJECT, QUICKSTART))} and" in said
