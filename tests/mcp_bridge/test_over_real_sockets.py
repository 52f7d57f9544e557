"""The bridge as it is served: granian, real sockets, real clients."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.mcp_bridge.fake_api import FakeApi
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.running_bridge import ALL_SCOPES, CLIENT_SECRET, tools_call

pytestmark = [pytest.mark.anyio, pytest.mark.processes]

JSON = {"Content-Type": "application/json"}
START = 20.0  # seconds that a start may take on a busy machine


@dataclass(frozen=True)
class Served:
    url: str
    tenant: FakeTenant
    pid: int

    def headers(self, **claims: object) -> dict[str, str]:
        token = self.tenant.token(**({"aud": BRIDGE_AUDIENCE, "scope": ALL_SCOPES} | claims))
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


@pytest.fixture
def served(tenant: FakeTenant, api: FakeApi, tmp_path: Path) -> Iterator[Served]:
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "STATE_DIR": str(tmp_path),
        "DEBUG": "1",
        "OAUTH_ISSUER": tenant.url,
        "PORT": str(port),
        "AUTH0_AUDIENCE": BRIDGE_AUDIENCE,
        "API_AUTH0_AUDIENCE": API_AUDIENCE,
        "API_BASE_URL": api.url,
        "MCP_AUTH0_CLIENT_ID": BRIDGE_CLIENT,
        "MCP_AUTH0_CLIENT_SECRET": CLIENT_SECRET,
    }
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--no-log"]
    process = subprocess.Popen([*granian, "config.bridge.asgi:application"], env=environment)
    try:
        _until_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield Served(f"http://127.0.0.1:{port}", tenant, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


async def test_real_clients_of_both_eras_and_slow_ones_beside_them(served: Served) -> None:
    slow = [_stalled_request(served) for _ in range(20)]
    try:
        for mode in ("auto", "legacy"):
            async with (
                httpx2.AsyncClient(headers=served.headers()) as http,
                Client(streamable_http_client(f"{served.url}/mcp", http_client=http), mode=mode) as client,
            ):
                started = time.monotonic()
                result = await client.call_tool("greet")
                assert result.structured_content["subject"] == "auth0|alice"
                assert time.monotonic() - started < 5
    finally:
        for connection in slow:
            connection.close()


async def test_large_bodies_other_methods_and_strangers(served: Served) -> None:
    async with httpx2.AsyncClient(base_url=served.url) as http:
        stranger = await http.post("/mcp", content=b"x" * 3_000_000)
        large = await http.post("/mcp", content=b"x" * 3_000_000, headers=served.headers() | JSON)
        get = await http.get("/mcp", headers=served.headers())
        call = await http.post("/mcp", json=tools_call("whoami"), headers=served.headers(sub="auth0|bob"))
        home = await http.get("/")
    assert stranger.status_code == 401
    assert large.status_code == 413
    assert get.status_code == 405
    assert call.json()["result"]["structuredContent"]["subject"] == "auth0|bob"
    assert home.status_code == 200


async def test_a_client_that_vanishes_in_mid_call_harms_nobody(served: Served) -> None:
    served.tenant.may_answer.clear()
    body = json.dumps(tools_call("greet"))
    connection = _stalled_request(served, body, length=len(body))
    assert served.tenant.was_asked.wait(10)
    connection.close()
    served.tenant.may_answer.set()
    async with httpx2.AsyncClient(base_url=served.url) as http:
        call = await http.post("/mcp", json=tools_call("greet"), headers=served.headers())
    assert call.json()["result"]["structuredContent"]["subject"] == "auth0|alice"


def _stalled_request(served: Served, body: str = "{", *, length: int = 100) -> socket.socket:
    """A request that nobody waits for; by default its body never comes."""
    host, port = served.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    authorization = served.headers()["Authorization"]
    head = ("POST /mcp HTTP/1.1", "Host: localhost", f"Authorization: {authorization}", f"Content-Length: {length}")
    connection.sendall(
        "\r\n".join((*head, "Accept: application/json", "Content-Type: application/json", "", body)).encode()
    )
    return connection


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait for the process by asking it; there is nothing else to wait on."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(url, timeout=1).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the bridge did not become ready")
