"""Measure what a protected call costs the API, compared in turns with a minimal API (`baseline_api`).

The same server, one worker each with as many threads, and a durable row for each call on both sides.
"""

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.environment import BASE_DIR
from config.service_command import service_command
from operations.stack import free_ports
from tests.bench.compare import Scenario, compare
from tests.bench.load import request
from tests.bench.processes import process, pss
from tests.issuer import Issuer, serving_issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.api_process import ApiProcess

PATH = "/api/private-scope"
TOKENS = 20_000  # that are used once each


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serving_issuer() as issuer:
        state = Path(folder)
        with databases.copied_sqlite(databases.migrated_sqlite(state), state) as file:
            own = ApiProcess(state, f"sqlite:///{file}", issuer, DEBUG="false")
            with own.up() as api, baseline_api(state, issuer, own.audience) as port:
                ports = {"baseline": port, "this": int(api.url.rpartition(":")[2])}
                compare(_scenarios(issuer, own.audience), ports)
                print("  memory", *(f"{side} {pss(port):.0f} MB" for side, port in ports.items()))


def _scenarios(issuer: Issuer, audience: str) -> Iterator[Scenario]:
    def call(**claims: object) -> bytes:
        return request("GET", PATH, token=issuer.delegated_token(aud=audience, exp=2_000_000_000, **claims))

    def is_answered(status: int, _body: bytes) -> bool:
        return status == 200

    one = call()
    yield Scenario("one token", lambda: one, is_answered)
    many = itertools.cycle([call(sub=f"auth0|user-{number}") for number in range(500)])
    yield Scenario("500 users", lambda: next(many), is_answered)
    once = iter([call(sub=f"auth0|user-{number % 500}") for number in range(TOKENS)])
    yield Scenario("each token once", lambda: next(once), is_answered, seconds=2.0)  # for as long as they last
    refused = call(scope="other")
    yield Scenario("refused for its scope", lambda: refused, lambda status, _: status == 403)


@contextmanager
def baseline_api(state: Path, issuer: Issuer, audience: str, **settings: str) -> Iterator[int]:
    """Serve the baseline API and yield its port."""
    (port,) = free_ports(1)
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.bench.baseline_api.settings",
        "BASELINE_DATABASE": str(state / "baseline.sqlite3"),
        "OAUTH_ISSUER": issuer.url,
        "API_AUTH0_AUDIENCE": audience,
        **settings,
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
    subprocess.run(migrate, cwd=BASE_DIR, env=environment, check=True)
    command, threads = service_command("api", port=port)
    command[-1] = "tests.bench.baseline_api.rsgi:application"
    with process(command, threads | environment, ready=f"http://127.0.0.1:{port}/readyz"):
        yield port
