"""The tables and the plot of docs/performance.md, from the file of a run: what `WRITE=1` does at the end of `peers`.

python -m tests.bench.performance_page var/bench/peers-….json
"""

import statistics
import sys
from pathlib import Path

from config.environment import BASE_DIR
from tests.bench.figures import Run, significant
from tests.bench.pages import rewrite, table
from tests.bench.plot import Bar, Panel, bars

PAGE = BASE_DIR / "docs/performance.md"
PLOT = BASE_DIR / "docs/pictures/performance.svg"
QUICKSTART, ONE_CERTIFICATE, PROJECT, ON_POSTGRESQL = TARGETS = (
    "quickstart",
    "quickstart, one certificate",
    "this project",
    "this project on PostgreSQL",
)
SERVICES = {"api": "API", "mcp": "MCP server"}


def write(run: Run) -> list[str]:
    """Rewrite the page and its plot. Return their names."""
    PLOT.write_text(plot(run), encoding="utf-8")
    rewrite(PAGE, parts(run))
    return [str(file.relative_to(BASE_DIR)) for file in (PAGE, PLOT)]


def parts(run: Run) -> dict[str, str]:
    """Return the parts of the page by name."""
    return {
        "run": _about(run),
        "ratios": _ratios(run),
        "rates": _cells(run, "calls a second", ("rate",), 0),
        "plot": f"![{alternative_text(run)}](pictures/{PLOT.name})",
        "latencies": _cells(run, "p50 / p99, ms", ("p50", "p99"), 1),
        "processor": _cells(run, "processor time a call, ms", ("processor_time",), 2),
        "start": _starts(run),
    }


def as_text(run: Run) -> str:
    """Return everything for a terminal."""
    return "\n\n".join(part for name, part in parts(run).items() if name != "plot")


def plot(run: Run) -> str:
    """Return the rates as SVG."""
    panels = [
        Panel(
            title,
            [
                (scenario, [Bar(target, run.median(scenario, target, "rate")) for target in _targets(run)])
                for scenario in scenarios
            ],
        )
        for title, scenarios in _by_service(run).items()
    ]
    return bars("Calls a second with one process for each service", panels)


def alternative_text(run: Run) -> str:
    """Return what the plot says, for those who do not see it; the tables have the rest."""
    said = (
        f"{scenario}, {significant(run.ratio(scenario, PROJECT, QUICKSTART))} and "
        f"{significant(run.ratio(scenario, PROJECT, ONE_CERTIFICATE))}"
        for scenario in run.scenarios
    )
    return f"Bars of the rates in the tables below. The project's rate to that of both peers: {'; '.join(said)}."


def _about(run: Run) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    rows = [
        each
        for targets in run.scenarios.values()
        for rounds in targets.values()
        for each in rounds
        if each.rows is not None
    ]
    return (
        f"Taken on {run.taken}: {run.machine}; load by {run.load}; medians of {run.rounds} rounds of {run.seconds:g} "
        f"seconds; {versions}. {sum(each.answered for each in rows):,} calls of this project were answered, and each "
        "of them is in its log."
    )


def _ratios(run: Run) -> str:
    pairs = [(own, peer) for own in _own(run) for peer in (QUICKSTART, ONE_CERTIFICATE)]
    return table(
        ["ratio of the rates", *(f"{own} to {peer}" for own, peer in pairs)],
        ([scenario, *(significant(run.ratio(scenario, *pair)) for pair in pairs)] for scenario in run.scenarios),
    )


def _cells(run: Run, title: str, names: tuple[str, ...], digits: int) -> str:
    """Return a table of the medians of these members of Measured."""
    targets = _targets(run)
    return table(
        [title, *targets],
        (
            [
                scenario,
                *(
                    " / ".join(f"{run.median(scenario, target, name):.{digits}f}" for name in names)
                    for target in targets
                ),
            ]
            for scenario in run.scenarios
        ),
    )


def _starts(run: Run) -> str:
    rows = []
    for target, services in run.starts.items():
        for service, seconds in services.items():
            memory = run.memory[target][service]
            cells = (f"{statistics.median(seconds):.2f}", f"{memory['idle']:.0f}", f"{memory['loaded']:.0f}")
            rows.append([f"{target}, {SERVICES[service]}", *cells])
    return table(["", "start, s", "memory idle, MiB", "after the load, MiB"], rows)


def _targets(run: Run) -> list[str]:
    return list(next(iter(run.scenarios.values())))


def _own(run: Run) -> list[str]:
    return [target for target in _targets(run) if target in {PROJECT, ON_POSTGRESQL}]


def _by_service(run: Run) -> dict[str, list[str]]:
    """Return the scenarios of each panel, because tool calls need another scale."""
    found: dict[str, list[str]] = {"API calls": [], "Tool calls, which call the API too": []}
    for scenario in run.scenarios:
        found[list(found)[0 if scenario.startswith("API") else 1]].append(scenario)
    return {title: scenarios for title, scenarios in found.items() if scenarios}


if __name__ == "__main__":
    for written in write(Run.load_from(Path(sys.argv[1]))):
        print(f"written: {written}")
