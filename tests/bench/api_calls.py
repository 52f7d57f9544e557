"""What a protected call costs the API, beside what a team writes in an afternoon (`baseline_api`), in turns.

The same server, one worker each with as many threads, and a durable row for each call on both sides.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from config.environment import BASE_DIR
from config.granian_command import granian_command
from config.stack import free_ports
from tests.audit import databases
from tests.audit.api_process import ApiProcess
from tests.bench.load import Load, put_under_load, request
from tests.issuer import Issuer, serving_issuer

CONNECTIONS = 16
SECONDS = 4.0  # of one turn
TURNS = 3
PATH = "/api/private-scope"
TOKENS = 20_000  # that are used once each


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serving_issuer() as issuer:
        state = Path(folder)
        with databases.copied_sqlite(databases.migrated_sqlite(state), state) as file:
            process = ApiProcess(state, f"sqlite:///{file}", issuer, DEBUG="false")
            with process.up() as api, _baseline(state, issuer, process.audience) as baseline:
                port = int(api.url.rpartition(":")[2])
                for scenario in _scenarios(issuer, process.audience):
                    _compare(scenario, {"baseline": baseline, "this": port})
                for name, at in (("baseline", baseline), ("this", port)):
                    print(f"  memory of {name:8} {_pss(at):4.0f} MB")


@dataclass(frozen=True)
class Scenario:
    name: str
    next_request: Callable[[], bytes]
    status: int = 200
    seconds: float = SECONDS


def _scenarios(issuer: Issuer, audience: str) -> Iterator[Scenario]:
    def token(**claims: object) -> str:
        return issuer.delegated_token(aud=audience, exp=2_000_000_000, **claims)

    one = request("GET", PATH, token=token())
    yield Scenario("one token", lambda: one)
    many = itertools.cycle([request("GET", PATH, token=token(sub=f"auth0|user-{number}")) for number in range(500)])
    yield Scenario("500 users", lambda: next(many))
    once = iter([request("GET", PATH, token=token(sub=f"auth0|user-{number % 500}")) for number in range(TOKENS)])
    yield Scenario("each token once", lambda: next(once), seconds=2.0)  # for as long as the tokens last
    refused = request("GET", PATH, token=token(scope="other"))
    yield Scenario("refused for its scope", lambda: refused, status=403)


def _compare(scenario: Scenario, ports: dict[str, int]) -> None:
    loads: dict[str, list[Load]] = {side: [] for side in ports}
    for _ in range(TURNS):
        for side, port in ports.items():
            before = _processor_seconds(port)
            load = put_under_load(
                port,
                scenario.next_request,
                connections=CONNECTIONS,
                seconds=scenario.seconds,
                is_good=lambda status, _: status == scenario.status,
            )
            load.processor_time = (_processor_seconds(port) - before) * 1_000 / len(load.times)
            loads[side].append(load)
    print(f"  {scenario.name}")
    medians = {}
    for side, several in loads.items():
        middle = sorted(several, key=lambda load: load.rate)[len(several) // 2]
        medians[side] = middle.rate
        print(f"    {side:8} {middle}, {middle.processor_time:4.2f} ms of processor time a call")
    print(f"    ratio    {medians['this'] / medians['baseline']:.2f}")


@contextmanager
def _baseline(state: Path, issuer: Issuer, audience: str) -> Iterator[int]:
    """The baseline's port."""
    (port,) = free_ports(1)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.baseline_api.settings",
        "BASELINE_DATABASE": str(state / "baseline.sqlite3"),
        "OAUTH_ISSUER": issuer.url,
        "API_AUTH0_AUDIENCE": audience,
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
    subprocess.run(migrate, cwd=BASE_DIR, env=environment, check=True)
    command, threads = granian_command("api", port=port)
    command[-1] = "tests.bench.baseline_api.rsgi:application"
    process = subprocess.Popen(command, cwd=BASE_DIR, env=threads | environment, stderr=subprocess.DEVNULL)
    try:
        while not _is_ready(port):
            if process.poll() is not None:
                raise RuntimeError("the baseline did not start")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=1).ok
    except requests.RequestException:
        return False


def _processes(port: int) -> list[psutil.Process]:
    """Those that listen on `port` (Linux)."""
    found = {each.pid for each in psutil.net_connections() if each.laddr and each.laddr.port == port}
    return [psutil.Process(pid) for pid in found if pid and pid != os.getpid()]


def _processor_seconds(port: int) -> float:
    times = [process.cpu_times() for process in _processes(port)]
    return sum(each.user + each.system for each in times)


def _pss(port: int) -> float:
    """In MB."""
    return sum(process.memory_full_info().pss for process in _processes(port)) / 1e6
