"""The arithmetic of a comparison: medians of rounds, and ratios that are formed within a round.

A machine is faster in one minute than in the next. Within a round, the targets run one after the other, so a ratio of
two of them is steadier than either rate.
"""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One target in one round of one scenario. Times are in milliseconds."""

    rate: float  # good answers a second
    p50: float
    p99: float
    processor_time: float  # of the target's own processes, for each call
    answered: int
    sent: int
    rows: int | None  # that the audit log gained; None where there is no log
    exchanges: float  # at the tenant, for each call
    faults: tuple[str, ...] = ()
    parts: dict[str, float] = field(default_factory=dict)  # processor time of "api", "mcp", "database" and "redis"


@dataclass
class Run:
    """Everything that a run of `peers` found, as it is kept in a file."""

    taken: str  # date, UTC
    machine: str
    load: str  # what put the load on
    rounds: int
    seconds: float  # of one load
    versions: dict[str, str]  # of what is compared
    scenarios: dict[str, dict[str, list[Measured]]] = field(default_factory=dict)  # scenario -> target -> rounds
    starts: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # target -> service -> seconds
    memory: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)  # … -> "idle", "loaded" -> MiB

    def save(self, file: Path) -> None:
        _save(self, file)

    @classmethod
    def load_from(cls, file: Path) -> "Run":
        kept = json.loads(file.read_text(encoding="utf-8"))
        kept["scenarios"] = {
            scenario: {target: [_measured(each) for each in rounds] for target, rounds in targets.items()}
            for scenario, targets in kept["scenarios"].items()
        }
        return cls(**kept)

    def faults(self) -> list[str]:
        """Return what was wrong in any round, with where it was."""
        return [
            f"{scenario}, {target}, round {number}: {fault}"
            for scenario, targets in self.scenarios.items()
            for target, rounds in targets.items()
            for number, each in enumerate(rounds, 1)
            for fault in each.faults
        ]

    def median(self, scenario: str, target: str, name: str) -> float:
        """Return the median over the rounds of one member of Measured."""
        return statistics.median(float(getattr(each, name)) for each in self.scenarios[scenario][target])

    def ratio(self, scenario: str, target: str, baseline: str) -> float:
        """Return the median of the rates' ratios in each round; NaN if either is missing."""
        targets = self.scenarios.get(scenario, {})
        return median_ratio(
            [each.rate for each in targets.get(target, [])], [each.rate for each in targets.get(baseline, [])]
        )


@dataclass(frozen=True)
class Point:
    """One load of `growth`."""

    part: str  # "workers", "users" or "rows"
    at: int  # how many of them
    database: str
    scenario: str
    connections: int  # to the database
    log_bytes: float  # that PostgreSQL's write-ahead log gained for each call: the whole server's
    measured: Measured

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {each:.2f}" for name, each in self.measured.parts.items())
        return (
            f"{self.at:,} {self.part}, {self.database}, {self.scenario}: {self.measured.rate:.0f}/s, "
            f"p99 {self.measured.p99:.1f} ms; ms a call: {parts}"
        )


@dataclass
class Growth:
    """Everything that a run of `growth` found, as it is kept in a file."""

    taken: str  # date, UTC
    machine: str
    seconds: float  # of one load
    points: list[Point] = field(default_factory=list)
    stored: dict[str, float] = field(default_factory=dict)  # bytes for each call: "row" and "record", with indexes

    def save(self, file: Path) -> None:
        _save(self, file)

    @classmethod
    def load_from(cls, file: Path) -> "Growth":
        kept = json.loads(file.read_text(encoding="utf-8"))
        points = [Point(**{**each, "measured": _measured(each["measured"])}) for each in kept.pop("points")]
        return cls(**kept, points=points)

    def faults(self) -> list[str]:
        return [f"{point}: {fault}" for point in self.points for fault in point.measured.faults]

    def of(self, part: str, scenario: str = "", database: str = "") -> list[Point]:
        """Return the points of a part, of all scenarios and databases unless one is named."""
        return [
            point
            for point in self.points
            if point.part == part and scenario in {"", point.scenario} and database in {"", point.database}
        ]


def _save(found: Run | Growth, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


def _measured(kept: dict[str, Any]) -> Measured:
    return Measured(**{**kept, "faults": tuple(kept["faults"])})


def median_ratio(values: Sequence[float], baseline: Sequence[float]) -> float:
    """Return the median of the ratios of each round; NaN if there is none."""
    ratios = [value / other for value, other in zip(values, baseline, strict=False) if other]
    return statistics.median(ratios) if ratios else math.nan


def row_faults(answered: int, sent: int, rows: int | None) -> list[str]:
    """Return what is wrong with the number of rows: every answered call has one, and no row is without a call.

    A load generator that stops without its last answers has sent more than was answered.
    """
    if rows is None or answered <= rows <= sent:
        return []
    return [f"{answered} calls were answered, of {sent} that were sent, but the log gained {rows} rows"]


def significant(value: float) -> str:
    """Return a ratio as people read it: two digits, and no more than they mean."""
    if math.isnan(value):
        return "-"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"
