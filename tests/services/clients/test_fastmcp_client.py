"""FastMCP's client, with its own OAuth code and callback server, in both protocol eras."""

import threading
import time
import webbrowser
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore

from mcp_bridge.tools.registry import TOOLS
from operations.demo.person import Person
from tests.services.running import Running

PATIENCE = 30.0  # seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that the client opened in a browser. An administrator logs in there."""
    addresses: list[str] = []
    walks: list[threading.Thread] = []

    def open_browser(address: str) -> bool:
        addresses.append(address)
        walks.append(threading.Thread(target=walk, args=(address,)))
        walks[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    yield addresses
    for thread in walks:
        thread.join(PATIENCE)


def walk(address: str) -> None:
    (redirect_uri,) = parse_qs(urlsplit(address).query)["redirect_uri"]
    back = Person("admin@example.com", "admin-demo").authorize(address, redirect_uri=redirect_uri)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(back, timeout=PATIENCE)
        except requests.ConnectionError:  # it opens the browser before its server listens
            assert time.monotonic() < deadline, "the client does not listen where it said"
            time.sleep(0.05)
        else:
            return


# It tells of tokens that it forgets, which is what a test wants.
@pytest.mark.filterwarnings("ignore:Using in-memory token storage:UserWarning")
@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_the_client_gets_from_discovery_to_the_answer(services: Running, opened: list[str], mode: str) -> None:
    before = len(services.audit())
    oauth = OAuth(token_storage=MemoryStore(), callback_timeout=PATIENCE)
    async with Client(services.mcp, auth=oauth, mode=mode) as client:
        names = [tool.name for tool in await client.list_tools()]
        greeting = await client.call_tool("greet")
    assert names == [tool.name for tool in TOOLS]
    assert greeting.structured_content["subject"] == "auth0|local-admin"
    assert len(opened) == 1
    (row,) = services.audit()[before:]
    assert (row["path"], row["decision"]) == ("/api/private-scope", "allowed")
