"""Compare the reference services with the pattern of Auth0's quickstart, under the same load, tenant and tokens.

The quickstart's MCP server makes its TLS contexts anew in each tool call, which costs more than everything else. The
second peer is the same with a trust store of one certificate: it shows what remains without that cost.

`ROUNDS` and `SECONDS` make a run longer or shorter. With TEST_POSTGRES_URL, the project also runs on PostgreSQL. The
run is kept in var/bench/; with `WRITE=1`, docs/performance.md is written from it.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.bench import performance_page, wrk
from tests.bench.figures import Run
from tests.bench.loads import put_load
from tests.bench.machine import machine
from tests.bench.one_call import call_once
from tests.bench.processes import memory_of_tree
from tests.bench.quick_tenant import keep_away, quick_tenant
from tests.bench.scenarios import SCENARIOS, Scenario
from tests.bench.targets import (
    API_AUDIENCE,
    CLIENT_ID,
    MCP_AUDIENCE,
    QUICKSTART,
    Target,
    quickstart,
    this_project,
    trust_stores,
)
from tests.bench.tokens import Tokens, make_tokens
from tests.client_documents import make_authority
from tests.clients.install import install, is_installed
from tests.clients.pypi import version_of
from tests.groups import GROUPS, POSTGRES_URL
from tests.issuer import Issuer

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = float(os.environ.get("SECONDS", "3"))  # of one load
WARM_UP = 1.0  # seconds before each load, not counted
API_TOKENS, TOOL_TOKENS = 3_000, 1_000  # for each second of load: more than any target has used
CERTIFICATE_HOURS = 6
RESULTS = BASE_DIR / "var/bench"
QUICKSTART_NAME, SMALL_NAME, PROJECT_NAME = performance_page.TARGETS[:3]


def measure() -> bool:
    """Return whether every answer was right, and every answered call on record."""
    if not is_installed(QUICKSTART):
        print("  installing the peers' libraries ...", flush=True)
        install(QUICKSTART)
    if not wrk.is_installed():
        print(f"  {wrk.HOW_TO_INSTALL}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = _run(Path(folder))
    file = RESULTS / f"peers-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    run.save(file)
    print(performance_page.as_text(run))
    print(f"  kept in {file.relative_to(BASE_DIR)}")
    for fault in run.faults():
        print(f"  FAULT {fault}")
    if os.environ.get("WRITE") and not run.faults():
        for written in performance_page.write(run):
            print(f"  written: {written}")
    return not run.faults()


def _run(state: Path) -> Run:
    with _compared(state) as compared:
        run = Run(
            taken=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=machine(),
            load="wrk" if wrk.is_installed() else "asyncio",
            rounds=ROUNDS,
            seconds=SECONDS,
            versions={name: version_of(QUICKSTART, name) for name in ("starlette", "auth0-api-python", "mcp")},
        )
        compared.measure_starts(run)
        for scenario in SCENARIOS:
            compared.measure(scenario, run)
        compared.measure_memory(run, "loaded")
        return run


@contextmanager
def _compared(state: Path) -> Iterator["Compared"]:
    ca_file, certificate = make_authority(state, hours=CERTIFICATE_HOURS)
    trust = trust_stores(state, ca_file)
    with ExitStack() as running:
        issuer = running.enter_context(quick_tenant(free_ports(1)[0], state, (ca_file, certificate)))
        targets = [
            quickstart(QUICKSTART_NAME, issuer, state / "quickstart", trust),
            quickstart(SMALL_NAME, issuer, state / "small", ca_file),
            running.enter_context(this_project(PROJECT_NAME, issuer, state / "project", trust)),
        ]
        if not GROUPS["postgres"].is_missing():
            name = performance_page.TARGETS[3]
            targets.append(
                running.enter_context(this_project(name, issuer, state / "on_postgresql", trust, postgres=POSTGRES_URL))
            )
        for target in targets:
            running.callback(target.stop)
        yield Compared(targets, issuer, ca_file, state)


@dataclass
class Compared:
    targets: list[Target]
    issuer: Issuer
    ca_file: Path
    state: Path
    _tokens: dict[str, Tokens] = field(default_factory=dict)  # by kind

    def measure_starts(self, run: Run) -> None:
        """Start every service several times, and leave all running."""
        tokens = {service: self._token_file(service, "one").file.read_text().strip() for service in ("api", "mcp")}
        for round_ in range(ROUNDS):
            for target in self.targets:
                target.stop()
                for service in ("api", "mcp"):
                    began = time.perf_counter()
                    target.start(service)
                    call_once(target, service, tokens[service])
                    took = time.perf_counter() - began
                    run.starts.setdefault(target.name, {}).setdefault(service, []).append(took)
            if round_ == 0:
                self.measure_memory(run, "idle")

    def measure_memory(self, run: Run, when: str) -> None:
        for target in self.targets:
            for service, process in target.processes.items():
                of_service = run.memory.setdefault(target.name, {}).setdefault(service, {})
                of_service[when] = memory_of_tree(process.pid)

    def measure(self, scenario: Scenario, run: Run) -> None:
        """Run all rounds of a scenario. Each round begins with another target."""
        tokens = self._token_file(scenario.service, scenario.tokens)
        keep_away(self.issuer, scenario.tenant_delay, self.ca_file)
        found = run.scenarios.setdefault(scenario.name, {target.name: [] for target in self.targets})
        for number in range(ROUNDS):
            first = number % len(self.targets)
            for target in [*self.targets[first:], *self.targets[:first]]:
                put_load(scenario, target, tokens, WARM_UP, self.issuer, self.ca_file)
                measured = put_load(scenario, target, tokens, SECONDS, self.issuer, self.ca_file)
                found[target.name].append(measured)
                print(
                    f"  {scenario.name}, round {number + 1}, {target.name}: {measured.rate:.0f}/s, "
                    f"p50 {measured.p50:.1f} ms, p99 {measured.p99:.1f} ms, {measured.processor_time:.2f} ms a call",
                    flush=True,
                )
        keep_away(self.issuer, 0, self.ca_file)

    def _token_file(self, service: str, kind: str) -> Tokens:
        name = f"{service}-{kind}"
        if name not in self._tokens:
            each_second = API_TOKENS if service == "api" else TOOL_TOKENS
            count = int(each_second * ROUNDS * (SECONDS + WARM_UP)) if kind == "once" else 1
            claims = {"audience": MCP_AUDIENCE, "scopes": ["tool:greet"], "client_id": "inspector"}
            if service == "api":
                scopes = ["other"] if kind == "without scope" else ["read:private"]
                claims = {"audience": API_AUDIENCE, "scopes": scopes, "actor": [CLIENT_ID, "inspector"]}
            file = self.state / name
            self._tokens[name] = make_tokens(self.issuer, file, count, cycles=kind != "once", **claims)
        return self._tokens[name]
