"""A PostgreSQL server for tests, which they can stop, freeze and restart."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from operations.stack import free_ports
from tests.groups import postgres_programs


class PostgresServer:
    def __init__(self, programs: Path, data: Path) -> None:
        self._programs, self._data = programs, data
        self.port = free_ports(1)[0]
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *_as_postgres(),
                *(self._programs / "postgres", "-D", self._data, "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"),
            ],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not start"
            else:
                return

    def stop(self) -> None:
        """Stop at once, and drop all connections."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server keeps its connections and says nothing: no process of it runs."""
        pids = [self._process.pid, *_children(self._process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    programs = postgres_programs()
    assert programs is not None
    directory = Path(tempfile.mkdtemp(prefix="tests-postgres-"))  # not under pytest's, where only root may look
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres")
        data = directory / "data"
        subprocess.run(
            [*_as_postgres(), programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        server = PostgresServer(programs, data)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


def _as_postgres() -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(status.parent.name))
    return found
