"""The three services while users call: processes are killed, and the database is restarted.

No user sees another user's data, no answer is late, and every service recovers. The tests use their own PostgreSQL if
one is available, else SQLite.
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.stack import SERVICES
from tests.faults.calling import Callers, check
from tests.groups import GROUPS
from tests.on_behalf_of.audit.postgres_server import PostgresServer, running_postgres
from tests.on_behalf_of.mcp.served_bridge import until
from tests.services.running import Running, RunningOnPostgres

pytestmark = [pytest.mark.processes, pytest.mark.long]

ROUNDS = 10 if os.environ.get("LONG_TESTS") == "1" else 1
TIMEOUT = 3.0  # seconds that a tool call has
BOUND = 10 * TIMEOUT  # the deadline ended it, however busy the machine was
USERS = [f"auth0|{name}" for name in ("alice", "bob", "carol")]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer | None]:
    if GROUPS["postgres_server"].is_missing():
        yield None
    else:
        with running_postgres() as server:
            yield server


@pytest.fixture(scope="module")
def started(postgres: PostgresServer | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {
        "UPSTREAM_TIMEOUT": str(TIMEOUT),
        "MCP_AUTH0_CLIENT_ID": "local-mcp-bridge",
        "MCP_AUTH0_CLIENT_SECRET": "a-secret-that-nobody-may-see-anywhere",
    }
    state = tmp_path_factory.mktemp("services")
    if postgres:
        settings["DATABASE_URL"] = postgres.url
    own = (RunningOnPostgres if postgres else Running)(state, None, **settings)
    with own.up() as services:
        services.make_users(USERS)
        yield services


@pytest.fixture
def services(started: Running) -> Running:
    """Restart services that granian gave up after many kills in the previous test."""

    def are_up() -> bool:
        started.stack.restart_dead()
        return all(service.is_ready() for service in started.stack.services)

    until(are_up, "the services come up again")
    return started


def workers(services: Running, service: str) -> set[int]:
    process = services.stack[service].process.pid
    found: set[int] = set()
    with contextlib.suppress(FileNotFoundError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def kill(pids: set[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_there(pid: int) -> bool:
    """Return whether the process exists; zombies do not count."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextlib.contextmanager
def watched(services: Running) -> Iterator[None]:
    """Restart ended services, as `up` does."""
    ends = threading.Event()

    def watch() -> None:
        while not ends.wait(0.2):
            services.stack.restart_dead()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ends.set()
        watcher.join()


def judge(services: Running, callers: Callers) -> None:
    logs = [services.stack.log(name) for name in SERVICES]
    check(callers, services, bound=BOUND, logs=logs)


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_killed_under_load_is_replaced_and_no_user_sees_another_users_data(
    services: Running, service: str
) -> None:
    with watched(services), Callers(services, USERS).at_work() as callers:
        for _ in range(ROUNDS):
            callers.wait_for(callers.all_are_well)
            main, killed = services.stack[service].process.pid, workers(services, service)
            kill(killed)
            callers.wait_for(callers.all_are_well)
            # granian starts another one by itself; where the worker was younger than a second, `up` starts both.
            assert services.stack[service].process.pid == main or ROUNDS > 1
            assert killed
            assert not killed & workers(services, service)
    judge(services, callers)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_killed_under_load_ends_its_workers_and_is_restarted(services: Running, service: str) -> None:
    with Callers(services, USERS).at_work() as callers:
        with watched(services):  # granian may have given up after many kills before
            callers.wait_for(callers.all_are_well)
        process, killed = services.stack[service].process, workers(services, service)
        assert killed
        kill({process.pid})
        process.wait(60)
        until(lambda: not any(map(is_there, killed)), "workers outlive their service")
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", services.ports[service])) != 0
        assert services.stack.restart_dead() == [service]
        callers.wait_for(callers.all_are_well)
    judge(services, callers)


@pytest.mark.postgres_server
def test_a_database_restart_under_load_fails_calls_but_gives_no_wrong_answer(
    services: Running, postgres: PostgresServer
) -> None:
    """It holds the records of the tenant, the API and the bridge."""
    with Callers(services, USERS).at_work() as callers:
        callers.wait_for(callers.all_are_well)
        postgres.stop()
        callers.wait_for(lambda calls: sum(not call.is_good for call in calls) >= len(USERS))
        postgres.start()
        callers.wait_for(callers.all_are_well)
    judge(services, callers)
