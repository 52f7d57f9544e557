"""MCP Inspector in its two forms: its pages as `manage.py inspect` opens them, and its command line."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from config.environment import BASE_DIR
from operations.node import inspector
from operations.stack import free_ports
from tests.groups import node
from tests.services.running import Running

PATIENCE = 60.0  # seconds; a busy machine is slow


@dataclass
class RunningInspector:
    port: int
    key: str  # without it, its server refuses every request
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/?MCP_INSPECTOR_API_TOKEN={self.key}"

    def servers(self) -> dict[str, Any]:
        """Return the servers that it offers to connect to, by name."""
        headers = {"x-mcp-remote-auth": f"Bearer {self.key}"}
        answer = requests.get(f"http://localhost:{self.port}/api/servers", headers=headers, timeout=30)
        servers: dict[str, Any] = answer.json()["mcpServers"]
        return servers

    def answers(self) -> bool:
        try:
            return requests.get(f"http://localhost:{self.port}/", timeout=30).ok
        except requests.RequestException:
            return False


@contextmanager
def inspecting(services: Running, home: Path, *arguments: str) -> Iterator[RunningInspector]:
    """Run Inspector as the project's command does, without opening a browser. Its files stay below `home`."""
    (port,) = free_ports(1)
    running = RunningInspector(port, secrets.token_hex(), home / "inspector.log")
    environment = {
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_API_TOKEN": running.key,
        "CLIENT_PORT": str(port),
        "MCP_SANDBOX_PORT": "0",  # any that is free
    }
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "inspect", *arguments],
            cwd=BASE_DIR,
            env=at_home(home) | services.environment | environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not running.answers():
                assert process.poll() is None, running.log.read_text()
                assert time.monotonic() < deadline, "Inspector did not start"
                time.sleep(0.05)
            yield running
        finally:
            process.terminate()
            process.wait(PATIENCE)


def at_home(home: Path) -> dict[str, str]:
    """Return this process's environment with another home, and without a developer's settings for Inspector."""
    own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in own.items() if not name.startswith("MCP_")} | {"HOME": str(home)}


def command_line(
    services: Running, home: Path, *arguments: str, token: str | None
) -> "subprocess.CompletedProcess[str]":
    """`mcp-inspector --cli`, run once."""
    program = node()
    assert program
    header = ["--header", f"Authorization: Bearer {token}"] if token else []
    return subprocess.run(
        [program, inspector(), "--cli", "--transport", "http", "--server-url", services.mcp,
         "--format", "json", *header, *arguments],
        env=at_home(home) | {"MCP_INSPECTOR_SECRET_STORE": "memory"},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )  # fmt: skip


def result_of(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout)["result"]
    return result
