"""The API as a real process, to be killed at any moment."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from operations.stack import SERVICES, Stack, free_ports, local_environment
from tests.issuer import Issuer

START_TIMEOUT = 60  # seconds


class ApiProcess:
    """A running API that trusts `issuer`, on a migrated database."""

    def __init__(self, state_dir: Path, database_url: str, issuer: Issuer, **environment: str) -> None:
        self._ports = dict(zip(SERVICES, free_ports(3), strict=True))
        self._state_dir = state_dir
        self.environment = local_environment(self._ports, state_dir)
        self.environment |= {"DATABASE_URL": database_url, "OAUTH_ISSUER": issuer.url} | environment
        self.url = f"http://127.0.0.1:{self._ports['api']}"
        self.audience = f"http://localhost:{self._ports['api']}/"

    @contextmanager
    def up(self) -> Iterator["ApiProcess"]:
        only = {"api": self._ports["api"]}
        with Stack(only, environment=self.environment, log_dir=self._state_dir) as self._stack:
            yield self

    def kill_worker(self) -> None:
        """Send SIGKILL at any moment. granian starts another worker."""
        for pid in _children(self._stack.services[0].process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            self._stack.restart_dead()  # granian itself ends when workers die young
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/readyz", timeout=2).ok:
                    return
            assert time.monotonic() < deadline, "no worker came back"


def _children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
