"""One more process of a service beside those that all tests share, to be stopped or configured otherwise by a test."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from config.environment import BASE_DIR
from config.granian_command import granian_command
from config.stack import free_ports
from tests.services.running import Running

START = 40.0  # seconds, on a busy machine


@dataclass
class OwnProcess:
    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def greet(self, token: str, *, trace_id: str) -> dict[str, Any]:
        """The result of the tool `greet`; the process is a bridge."""
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

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).ok
        except requests.RequestException:
            return False


@contextmanager
def own_process(
    service: str, services: Running, log: Path, *, application: str | None = None, **environment: str
) -> Iterator[OwnProcess]:
    """The service as `services` has it, but for its port, `environment` and, where one is named, its application."""
    (port,) = free_ports(1)
    command, extra = granian_command(service, port=port)
    if application:
        command[-1] = application
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=os.environ | services.environment | extra | environment, stderr=output
        )
        own = OwnProcess(port, log, process)
        try:
            deadline = time.monotonic() + START
            while not own.is_ready():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, f"the {service} did not become ready"
                time.sleep(0.05)
            yield own
        finally:
            if process.poll() is None:
                own.stop()
