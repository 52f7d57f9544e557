"""Put two servers under the same load in turns, so that disturbances affect both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.load import Load, put_under_load
from tests.bench.processes import processor_seconds

TURNS = 3
SECONDS = 4.0  # of one turn


@dataclass(frozen=True)
class Scenario:
    name: str
    next_request: Callable[[], bytes]
    is_good: Callable[[int, bytes], bool]
    seconds: float = SECONDS
    connections: int = 16


def compare(scenarios: Iterator[Scenario], ports: dict[str, int]) -> None:
    """Print the results of each of `ports` in each scenario, and the ratio of the second to the first."""
    for scenario in scenarios:
        loads: dict[str, list[Load]] = {side: [] for side in ports}
        for _ in range(TURNS):
            for side, port in ports.items():
                loads[side].append(_turn(scenario, port))
        print(f"  {scenario.name}")
        rates = []
        for side, several in loads.items():
            middle = sorted(several, key=lambda load: load.rate)[len(several) // 2]
            rates.append(middle.rate)
            print(f"    {side:8} {middle}", flush=True)
        print(f"    ratio    {rates[1] / rates[0]:.2f}", flush=True)


def _turn(scenario: Scenario, port: int) -> Load:
    before = processor_seconds(port)
    load = put_under_load(
        port,
        scenario.next_request,
        connections=scenario.connections,
        seconds=scenario.seconds,
        is_good=scenario.is_good,
    )
    load.processor_time = (processor_seconds(port) - before) * 1_000 / len(load.times)
    return load
