"""`serve` checks a service before it starts, in the workers that it starts, and only then."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.services.own_process import PATIENCE, eventually, own_process
from tests.services.running import Running

both = pytest.mark.parametrize("service", ["api", "bridge"])


@pytest.fixture
def with_database_of_its_own(services: Running, tmp_path: Path) -> dict[str, str]:
    """Return variables that name a copy of the database, in which a test may break things."""
    file = tmp_path / "own.sqlite3"
    with closing(sqlite3.connect(services.state_dir / "db.sqlite3")) as original, closing(sqlite3.connect(file)) as own:
        original.backup(own)
    return {"DATABASE_URL": f"sqlite:///{file}"}


def forget_a_migration(variables: dict[str, str]) -> None:
    with closing(sqlite3.connect(variables["DATABASE_URL"].removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'downstream_api'")


def listens(pid: int, port: int) -> bool:
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in psutil.Process(pid).net_connections()
    )


@both
def test_the_server_says_once_where_it_listens_and_ends_well(services: Running, tmp_path: Path, service: str) -> None:
    with own_process(service, services, tmp_path / "log", workers=2) as own:
        assert own.stop() == 0
    assert (tmp_path / "log").read_text().splitlines().count(f"{service}: http://localhost:{own.port}/") == 1


def test_a_database_that_is_behind_is_refused_once_by_several_workers(
    services: Running, with_database_of_its_own: dict[str, str]
) -> None:
    forget_a_migration(with_database_of_its_own)
    (port,) = free_ports(1)
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "api", "--port", str(port), "--workers", "2"],
        cwd=BASE_DIR, env=known | services.environment | with_database_of_its_own,
        check=False, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CommandError: The database is not up to date: run `python manage.py migrate` first.\n"


def test_a_mistake_in_the_code_ends_the_start_with_its_traceback(services: Running) -> None:
    (port,) = free_ports(1)
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    broken = "import sys, manage; sys.modules['downstream_api.views'] = None; sys.argv = {}; sys.exit(manage.main())"
    arguments = ["manage.py", "serve", "api", "--port", str(port)]
    done = subprocess.run(
        [sys.executable, "-c", broken.format(arguments)], cwd=BASE_DIR, env=known | services.environment,
        check=False, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Traceback")
    assert "downstream_api" in done.stderr.splitlines()[-1]


def test_a_replaced_worker_is_not_checked_again(
    services: Running, tmp_path: Path, with_database_of_its_own: dict[str, str]
) -> None:
    """It would stop a service whose database is away for a moment, or is being migrated."""
    with own_process(
        "api", services, tmp_path / "log", workers=2, DATABASE_URL=with_database_of_its_own["DATABASE_URL"]
    ) as own:
        forget_a_migration(with_database_of_its_own)
        first, second = own.workers()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: len(set(own.workers()) - {first}) == 2, "another worker takes its place")
        (new,) = set(own.workers()) - {first, second}
        # Each worker listens on a socket of its own, so that a request could reach the other one.
        eventually(lambda: listens(new, own.port), "the new worker listens")
        assert psutil.pid_exists(new)
        assert own.process.poll() is None


def test_granians_own_variables_still_configure_it(services: Running, tmp_path: Path) -> None:
    with own_process("api", services, tmp_path / "log", workers=2, GRANIAN_LOG_LEVEL="info") as own:
        assert "granian" in " ".join(psutil.Process(own.process.pid).cmdline())
