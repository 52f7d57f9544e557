"""The bridge in practice: granian, real sockets, real clients."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import jwt
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import modern_call, modern_headers, tools_call
from tests.on_behalf_of.mcp.served_bridge import JSON, ServedBridge, served_bridge

pytestmark = [pytest.mark.anyio, pytest.mark.processes]


@pytest.fixture
def served(tenant: FakeTenant, api: FakeApi, tmp_path: Path) -> Iterator[ServedBridge]:
    with served_bridge(tenant, api, tmp_path) as served:
        yield served


async def test_real_clients_of_both_eras_are_served_next_to_slow_ones(served: ServedBridge) -> None:
    slow = [served.unattended() for _ in range(20)]
    try:
        for mode in ("auto", "legacy"):
            async with (
                httpx2.AsyncClient(headers=served.headers()) as http,
                Client(streamable_http_client(served.endpoint, http_client=http), mode=mode) as client,
            ):
                result = await client.call_tool("greet")
                assert result.structured_content["subject"] == "auth0|alice"
    finally:
        for connection in slow:
            connection.close()


async def test_large_bodies_other_methods_and_calls_without_a_token_are_refused(served: ServedBridge) -> None:
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


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_a_slow_call_reports_progress_before_it_is_answered(
    served: ServedBridge, api: FakeApi, mode: str
) -> None:
    """MCP progress, on the stream that the client asked for by its progress token."""
    api.may_answer.clear()
    reported: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        reported.append(progress)
        api.may_answer.set()  # nothing else lets the call come to its end

    async with (
        httpx2.AsyncClient(headers=served.headers()) as http,
        Client(streamable_http_client(served.endpoint, http_client=http), mode=mode) as client,
    ):
        result = await client.call_tool("greet", progress_callback=hear)
    assert result.structured_content["subject"] == "auth0|alice"
    assert reported


async def test_a_hundred_users_at_once_each_see_only_themselves(served: ServedBridge, api: FakeApi) -> None:
    """Half of them use the current revision. Tenant and API are fakes, so that only the bridge is busy."""
    users = [f"auth0|user-{number}" for number in range(100)]

    async def use(number: int, user: str, http: httpx2.AsyncClient) -> None:
        token = served.headers(sub=user)

        async def call(tool: str, **arguments: str) -> Any:
            is_modern = number % 2 == 0
            message = (modern_call if is_modern else tools_call)(tool, **arguments)
            headers = token | (modern_headers(tool) if is_modern else {})
            response = await http.post("/mcp", json=message, headers=headers)
            assert response.status_code == 200, response.text
            return response.json()["result"]["structuredContent"]

        await call("add_note", title=f"of {user}")
        for _ in range(2):
            assert (await call("whoami"))["subject"] == user
            assert (await call("greet"))["subject"] == user
            assert [note["title"] for note in (await call("list_notes"))["items"]] == [f"of {user}"]

    limits = httpx2.Limits(max_connections=100)
    async with (
        httpx2.AsyncClient(base_url=served.url, limits=limits, timeout=60) as http,
        anyio.create_task_group() as tasks,
    ):
        for number, user in enumerate(users):
            tasks.start_soon(use, number, user, http)
    assert len(served.tenant.forms) == 2 * len(users)  # one for each user and scope
    assert {jwt.decode(each, options={"verify_signature": False})["sub"] for each in bearers(api)} == set(users)
    assert len(bearers(api)) == 2 * len(users)


def bearers(api: FakeApi) -> set[str]:
    return {received.headers["Authorization"].removeprefix("Bearer ") for received in api.received}
