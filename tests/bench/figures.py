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


@dataclass(frozen=True)
class Measured:
    """One target in one round of one scenario. Times are in milliseconds."""

    rate: float  # good answers a second
    p50: float
    p99: float
    processor_time: float  # of the target's processes, for each answer
    answered: int
    sent: int
    rows: int | None  # that the audit log gained; None where there is no log
    exchanges: float  # at the tenant, for each answer
    faults: tuple[str, ...] = ()


@dataclass
class Run:
    """Everything that a run found, as it is kept in a file."""

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
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load_from(cls, file: Path) -> "Run":
        kept = json.loads(file.read_text(encoding="utf-8"))
        kept["scenarios"] = {
            scenario: {
                target: [Measured(**{**each, "faults": tuple(each["faults"])}) for each in rounds]
                for target, rounds in targets.items()
            }
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
