"""What `make bench ONLY=growth WRITE=1` does to docs/scaling.md, and its arithmetic."""

from pathlib import Path

import pytest

from tests.bench import growth_page
from tests.bench.figures import Growth, Measured, Point
from tests.bench.growth_page import PAGE, parts
from tests.bench.planning import TOOL_CALL, bytes_text, cores_for, plan
from tests.bench.scenarios import GROWING

STORED = {
    "row table": 455.0,
    "row indexes": 563.0,
    "row": 1018.0,
    "seal table": 75.0,
    "seal indexes": 0.0,
    "seal": 75.0,
    "record table": 275.0,
    "record indexes": 248.0,
    "record": 523.0,
}


def point(
    part: str, at: int, scenario: str = GROWING[0].name, database: str = "PostgreSQL", cost: float = 0.5
) -> Point:
    costs = {"api": cost, "mcp": 2 * cost, "database": 0.1, "redis": 0.01}
    measured = Measured(1_000, 2.0, 6.0, 3 * cost, 4_000, 4_000, 4_000, 0.0, parts=costs)
    return Point(part, at, database, scenario, 3, 2_000, measured)


@pytest.fixture
def found() -> Growth:
    made = Growth("2026-11-28", "2 cores", 4.0, stored=STORED)
    made.points = [point("workers", at, each.name) for at in (1, 2, 4) for each in GROWING]
    made.points += [point("users", at, each.name, cost=at / 10_000) for at in (1, 100_000) for each in GROWING[::2]]
    made.points += [point("rows", at, database=name) for at in (0, 100_000) for name in ("SQLite", "PostgreSQL")]
    return made


def test_the_page_has_a_place_for_every_part_and_keeps_those_that_a_run_left_out(
    found: Growth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "scaling.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(growth_page, "PAGE", page)
    monkeypatch.setattr(growth_page, "BASE_DIR", tmp_path)
    growth_page.write(found)
    for part in parts(found).values():
        assert part in page.read_text(encoding="utf-8")
    growth_page.write(Growth("2026-11-29", "2 cores", 1.0, points=found.of("users")))
    written = page.read_text(encoding="utf-8")
    assert parts(found)["workers"] in written
    assert "2026-11-29" in written


def test_every_number_of_users_has_a_column(found: Growth) -> None:
    head, _, *rows = parts(found)["users"].splitlines()
    assert head.endswith("| 1 | 100,000 |")
    assert [row.split(" | ")[1:] for row in rows] == [["0.00 / 0.10", "30.00 / 0.10 |"]] * 2


def test_both_databases_have_rows(found: Growth) -> None:
    rows = parts(found)["rows"].splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [
        f"| {database}: {name}"
        for database in ("SQLite", "PostgreSQL")
        for name in ("processor time, ms", "p50 / p99, ms")
    ]


def test_a_run_is_read_as_it_was_kept(found: Growth, tmp_path: Path) -> None:
    found.save(tmp_path / "growth.json")
    assert Growth.load_from(tmp_path / "growth.json") == found


@pytest.mark.parametrize(("milliseconds", "cores"), [(0.5, 10), (2.5, 50), (0.51, 11), (0.001, 1)])
def test_cores_are_busy_half_of_the_time(milliseconds: float, cores: int) -> None:
    assert cores_for(milliseconds) == cores


@pytest.mark.parametrize(
    ("count", "text"),
    [(999, "999 bytes"), (1_018, "1.0 KB"), (880e9, "880 GB"), (352e12, "352 TB"), (4.5e15, "4500 TB")],
)
def test_bytes_are_written_in_decimal_units(count: float, text: str) -> None:
    assert bytes_text(count) == text


def test_the_plan_follows_from_the_costs_of_one_worker() -> None:
    """10,000 calls a second: 864 million a day."""
    rows = plan([point("workers", 4, TOOL_CALL, cost=9), point("workers", 1, TOOL_CALL)], STORED).splitlines()[2:]
    said = {row.split(" | ")[0].removeprefix("| "): row.split(" | ")[2].removesuffix(" |") for row in rows}
    assert said["API"] == "10 cores, as many processes"
    assert said["bridge"] == "20 cores, as many processes"
    assert said["PostgreSQL's processes"] == "2 cores"
    assert said["connections"] == "50, more while views block"
    assert said["write-ahead log"] == "1.7 TB a day"
    assert said["the API's log"] == "880 GB a day"
    assert said["in 400 days"] == "352 TB"
    assert said["pruning"] == "43,200 transactions a day"
