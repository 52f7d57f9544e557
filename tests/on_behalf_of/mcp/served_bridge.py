"""The bridge as a separate process, with granian and real sockets."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import ALL_SCOPES

JSON = {"Content-Type": "application/json"}
START = 60.0  # seconds that a start may take on a busy machine


@dataclass
class ServedBridge:
    """A bridge between the fake tenant and the fake API, which answer as fast as they can."""

    tenant: FakeTenant
    api: FakeApi
    state_dir: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    log: Path | None = None  # where its standard error goes; None: where that of the tests goes
    process: "subprocess.Popen[bytes]" = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/mcp"

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "STATE_DIR": str(self.state_dir),
            "DEBUG": "1",
            "OAUTH_ISSUER": self.tenant.url,
            "PORT": str(self.port),
            "AUTH0_AUDIENCE": BRIDGE_AUDIENCE,
            "API_AUTH0_AUDIENCE": API_AUDIENCE,
            "API_BASE_URL": self.api.url,
            "MCP_AUTH0_CLIENT_ID": BRIDGE_CLIENT,
            "MCP_AUTH0_CLIENT_SECRET": CLIENT_SECRET,
        } | self.settings
        granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(self.port), "--no-log"]
        with ExitStack() as opened:
            output = opened.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(
                [*granian, "config.bridge.asgi:application"], env=environment, cwd=BASE_DIR, stderr=output
            )
        self._until_ready()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def kill(self) -> None:
        """Kill it as a crash would, without flushing anything. Its worker ends with it."""
        self.process.kill()
        self.process.wait(20)
        until(lambda: not self._answers(), "the killed bridge still answers")

    def headers(self, **claims: object) -> dict[str, str]:
        token = self.tenant.token(**({"aud": BRIDGE_AUDIENCE, "scope": ALL_SCOPES} | claims))
        return {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}

    def unattended(self, body: str = "{", *, length: int = 0, headers: dict[str, str] | None = None) -> socket.socket:
        """Send a request without reading the response. Without a `length`, its body never ends."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        head = {"Host": "localhost", "Content-Length": str(length or 100), **JSON, **self.headers(), **(headers or {})}
        lines = ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        connection.sendall("\r\n".join((*lines, "", body)).encode())
        return connection

    def _until_ready(self) -> None:
        def is_ready() -> bool:
            assert self.process.poll() is None, "the bridge ended"
            return self._answers()

        until(is_ready, "the bridge did not become ready")

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=1).status_code == 200
        except httpx2.TransportError:
            return False


@contextmanager
def served_bridge(
    tenant: FakeTenant, api: FakeApi, state_dir: Path, *, log: Path | None = None, **settings: str
) -> Iterator[ServedBridge]:
    served = ServedBridge(tenant, api, state_dir, free_ports(1)[0], settings, log)
    served.start()
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.stop()


def until(condition: Callable[[], bool], complaint: str) -> None:
    """Poll another process until the condition holds."""
    deadline = time.monotonic() + START
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)
