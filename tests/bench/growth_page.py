"""The tables of docs/scaling.md, from the file of a run: what `WRITE=1` does at the end of `growth`.

python -m tests.bench.growth_page var/bench/growth-….json
"""

import sys
from pathlib import Path

from config.environment import BASE_DIR
from tests.bench.figures import Growth, Measured, Point
from tests.bench.pages import rewrite, table
from tests.bench.planning import plan
from tests.bench.scenarios import GROWING

PAGE = BASE_DIR / "docs/scaling.md"
PARTS = ("api", "mcp", "database", "redis")
HEADINGS = ("API", "bridge", "PostgreSQL", "Redis")


def write(found: Growth) -> str:
    """Rewrite the parts of the page that the run has figures for. Return the page's name."""
    rewrite(PAGE, parts(found))
    return str(PAGE.relative_to(BASE_DIR))


def parts(found: Growth) -> dict[str, str]:
    """Return the parts of the page by name."""
    written = {"measured on": f"Taken on {found.taken}: {found.machine}; loads of {found.seconds:g} seconds."}
    if workers := found.of("workers"):
        written |= {"workers": _workers(workers), "plan": plan(workers, found.stored)}
    if users := found.of("users"):
        written["users"] = _counted("users", users)
    if rows := found.of("rows"):
        written["rows"] = _rows(rows)
    if found.stored:
        written["volume"] = _stored(found.stored)
    return written


def as_text(found: Growth) -> str:
    """Return everything for a terminal."""
    return "\n\n".join(parts(found).values())


def _workers(points: list[Point]) -> str:
    head = ["call", "workers", "calls a second", "p50 / p99, ms", *(f"{name}, ms" for name in HEADINGS), "connections"]
    return table(
        head,
        (
            [
                scenario.name,
                str(point.at),
                f"{point.measured.rate:.0f}",
                f"{point.measured.p50:.1f} / {point.measured.p99:.1f}",
                *(_part(point.measured, name) for name in PARTS),
                str(point.connections),
            ]
            for scenario in GROWING
            for point in points
            if point.scenario == scenario.name
        ),
    )


def _counted(name: str, points: list[Point]) -> str:
    counts = sorted({point.at for point in points})
    scenarios = dict.fromkeys(point.scenario for point in points)
    return table(
        [f"processor time a call, ms: API + bridge / PostgreSQL; {name}:", *(f"{count:,}" for count in counts)],
        (
            [
                scenario,
                *(_both(point) for point in sorted(points, key=lambda each: each.at) if point.scenario == scenario),
            ]
            for scenario in scenarios
        ),
    )


def _rows(points: list[Point]) -> str:
    counts = sorted({point.at for point in points})
    return table(
        ["rows in the log beforehand", *(f"{count:,}" for count in counts)],
        (
            [
                f"{database}: {name}",
                *(show(point) for point in sorted(points, key=lambda each: each.at) if point.database == database),
            ]
            for database in dict.fromkeys(point.database for point in points)
            for name, show in (
                ("processor time, ms", _both),
                ("p50 / p99, ms", lambda point: f"{point.measured.p50:.1f} / {point.measured.p99:.1f}"),
            )
        ),
    )


def _stored(stored: dict[str, float]) -> str:
    return table(
        ["bytes for each call", "table", "indexes", "together"],
        [
            ["the API's row", f"{stored['row table']:,.0f}", f"{stored['row indexes']:,.0f}", f"{stored['row']:,.0f}"],
            ["its share of a seal (1,000 rows each)", f"{stored['seal']:,.0f}", "0", f"{stored['seal']:,.0f}"],
            [
                "the bridge's record",
                f"{stored['record table']:,.0f}",
                f"{stored['record indexes']:,.0f}",
                f"{stored['record']:,.0f}",
            ],
        ],
    )


def _both(point: Point) -> str:
    database = f" / {_part(point.measured, 'database')}" if "database" in point.measured.parts else ""
    return f"{point.measured.processor_time:.2f}{database}"


def _part(measured: Measured, name: str) -> str:
    return f"{measured.parts[name]:.2f}" if name in measured.parts else "-"


if __name__ == "__main__":
    print(f"written: {write(Growth.load_from(Path(sys.argv[1])))}")
