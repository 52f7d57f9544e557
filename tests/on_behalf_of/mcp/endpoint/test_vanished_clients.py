"""Clients that disconnect during a call, on a served bridge: their work stops, and no other client waits."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from on_behalf_of.mcp.endpoint.tool_caller import API_WORKERS
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import modern_call, modern_headers, tools_call
from tests.on_behalf_of.mcp.served_bridge import ServedBridge, served_bridge, until

pytestmark = [pytest.mark.anyio, pytest.mark.processes]

TIMEOUT = 60  # seconds for a call: what is free long before is free because its client has gone


@pytest.fixture
def served(tenant: FakeTenant, api: FakeApi, tmp_path: Path) -> Iterator[ServedBridge]:
    with served_bridge(tenant, api, tmp_path, UPSTREAM_TIMEOUT=str(TIMEOUT)) as served:
        yield served


async def test_if_disconnected_clients_held_all_workers_the_next_call_is_served_at_once(served: ServedBridge) -> None:
    """MCP 2026-07-28 cancellation: closing the connection is the signal; in earlier revisions, reading is given up."""
    for form in ("current", "streaming", "earlier"):
        for party in (served.api, served.tenant):
            with silent(party):
                began_at = len(party.received)
                clients = [caller(served, form, f"auth0|{form}-{number}") for number in range(API_WORKERS)]
                until(lambda: len(party.received) - began_at >= API_WORKERS, "not all workers wait")  # noqa: B023
                for client in clients:
                    client.close()
            began = time.monotonic()
            assert await greets(served) == "auth0|alice", (form, party)
            assert time.monotonic() - began < TIMEOUT / 4, (form, party)


async def test_a_write_of_a_disconnected_client_of_an_earlier_revision_is_completed(served: ServedBridge) -> None:
    """MCP 2025-11-25 streamable HTTP: disconnection is not to be taken for the client cancelling its request."""
    with silent(served.api) as speaks:
        client = caller(served, "earlier", "auth0|alice", "add_note", title="of the earlier one")
        until(lambda: bool(served.api.received), "the note never came to the API")
        client.close()
        speaks.set()
    until(lambda: bool(served.api.notes["auth0|alice"]), "the note was not written")
    async with httpx2.AsyncClient(timeout=TIMEOUT) as http:
        call = await http.post(served.endpoint, json=tools_call("list_notes"), headers=served.headers())
    assert call.json()["result"]["structuredContent"]["count"] == 1


async def greets(served: ServedBridge) -> str:
    async with httpx2.AsyncClient(timeout=TIMEOUT) as http:
        call = await http.post(served.endpoint, json=tools_call("greet"), headers=served.headers())
    subject: str = call.json()["result"]["structuredContent"]["subject"]
    return subject


def caller(served: ServedBridge, form: str, subject: str, tool: str = "greet", **arguments: str) -> socket.socket:
    message = (tools_call if form == "earlier" else modern_call)(tool, **arguments)
    headers = {} if form == "earlier" else modern_headers(tool)
    if form == "streaming":
        message["params"]["_meta"]["progressToken"] = 1
    body = json.dumps(message)
    return served.unattended(body, length=len(body), headers=headers | served.headers(sub=subject))


@contextmanager
def silent(party: FakeApi | FakeTenant) -> Iterator[threading.Event]:
    """Make the party silent: requests in this context get no answer until the given event is set."""
    before, party.may_answer = party.may_answer, threading.Event()
    try:
        yield party.may_answer
    finally:
        party.may_answer = before
