"""An additional process of a service, which a test can stop or configure differently."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from config.environment import BASE_DIR
from config.service_command import service_command
from on_behalf_of.serving.parent_process import GRACE
from operations.stack import free_ports
from tests.services.running import Running

PATIENCE = 60.0  # seconds, on a busy machine
WAIT_HEADER = "X-Test-Wait"  # to `waiting_api`: names a file to wait for; the call makes `<file>.arrived` first


def eventually(happens: Callable[[], bool], what: str) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@dataclass
class OwnProcess:
    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def greet(self, token: str, *, trace_id: str) -> dict[str, Any]:
        """Return the result of the tool `greet` of a bridge process."""
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01",
        }
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet"}}
        answer = requests.post(f"{self.url}/mcp", json=message, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result

    def workers(self) -> list[int]:
        """Return the workers' process ids, whether or not they serve already."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def accepts(self) -> bool:
        """Return whether a process listens on the port."""
        try:
            requests.get(f"{self.url}/healthz", timeout=30)
        except requests.RequestException:
            return False
        return True

    def stop(self) -> int:
        """Stop the process once calls in flight are finished. Return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GRACE + 5)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).ok
        except requests.RequestException:
            return False


@contextmanager
def own_process(
    service: str,
    services: Running,
    log: Path,
    *,
    application: str | None = None,
    workers: int = 1,
    is_awaited: bool = True,
    **environment: str,
) -> Iterator[OwnProcess]:
    """Run a service as in `services`, except for its port, `environment`, and its application, if one is named.

    With several workers it is started as an operator would, with `manage.py serve`.
    """
    (port,) = free_ports(1)
    command, extra = service_command(service, port=port)
    if application:
        command[-1] = application
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    if workers > 1:
        command = [sys.executable, "manage.py", "serve", service, "--port", str(port), "--workers", str(workers)]
        extra = {}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=known | services.environment | extra | environment, stdout=output, stderr=output
        )
        own = OwnProcess(port, log, process)
        try:
            if is_awaited:
                eventually(lambda: process.poll() is not None or own.is_ready(), f"the {service} is ready")
            assert process.poll() is None, log.read_text()
            yield own
        finally:
            if process.poll() is None:
                own.stop()
