"""Measurements of one process, or of all workers of a service together."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from on_behalf_of.serving.metrics.workers_directory import DIRECTORY, is_running

disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, of no use

# Seconds. A cached call takes milliseconds, an exchange some hundred; UPSTREAM_TIMEOUT is 10 by default.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Measurements:
    """What a service measures: in `registry` as it happens, and by `worked_out` at each request for measurements."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    worked_out: Sequence[Collector] = ()

    def text(self) -> bytes:
        """Return all measurements in Prometheus' text format."""
        directory = os.environ.get(DIRECTORY)
        everything = CollectorRegistry()
        if directory:
            _forget_dead(Path(directory))
            MultiProcessCollector(everything, directory)  # type: ignore[no-untyped-call] # the library has no types there
        else:
            everything.register(self.registry)
        for each in self.worked_out:
            everything.register(each)
        return generate_latest(everything)


def key_fetches(registry: CollectorRegistry) -> Counter:
    return Counter("obo_key_fetches", "Fetches of the issuer's keys.", ["outcome"], registry=registry)


def _forget_dead(directory: Path) -> None:
    """Remove the gauges of workers that died, which are out of date. Their counts stay, because they did happen."""
    for file in directory.glob("gauge_live*_*.db"):
        process = file.stem.rpartition("_")[2]
        if process.isdecimal() and not is_running(int(process)):
            with suppress(FileNotFoundError):  # another worker was asked at the same moment
                mark_process_dead(int(process), str(directory))  # type: ignore[no-untyped-call]
