"""The three services as `make run` starts them: `manage.py up`, with ports and state of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from config.environment import BASE_DIR
from operations.stack import START_TIMEOUT, STOP_TIMEOUT
from tests.services.running import Running


class MakeRun(Running):
    """The services with all defaults; identifiers and issuer follow from the ports."""

    def __init__(self, state_dir: Path, **environment: str) -> None:
        super().__init__(state_dir, None, **environment)
        self.identifier = f"{self.bridge}/mcp"
        identifiers = dict.fromkeys(("AUTH0_AUDIENCE", "API_AUTH0_AUDIENCE"), "")  # the default ones
        self.environment = self.environment | identifiers | environment
        self.log = state_dir / "up.log"

    @contextmanager
    def up(self) -> Iterator["MakeRun"]:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--plain"],
                cwd=BASE_DIR,
                env=own | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(process)
            yield self
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT + 5)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        # `up` migrates first, and has time limits of its own; it ends where one is passed.
        deadline = time.monotonic() + 4 * START_TIMEOUT
        while not all(_is_ready(port) for port in self.ports.values()):
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)


def _is_ready(port: int) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok
    except requests.RequestException:
        return False
