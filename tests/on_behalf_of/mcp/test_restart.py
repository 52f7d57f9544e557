"""The bridge holds no state that clients need: it can be killed and restarted between two calls."""

from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from mcp_bridge.tools.registry import TOOLS
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.served_bridge import served_bridge

pytestmark = [pytest.mark.anyio, pytest.mark.processes]


async def test_clients_of_both_eras_do_not_notice_that_the_bridge_was_killed_and_restarted(
    tenant: FakeTenant, api: FakeApi, tmp_path: Path
) -> None:
    with served_bridge(tenant, api, tmp_path) as served:
        async with (
            httpx2.AsyncClient(headers=served.headers()) as one,
            httpx2.AsyncClient(headers=served.headers()) as other,
            Client(streamable_http_client(served.endpoint, http_client=one), mode="2026-07-28") as current,
            Client(streamable_http_client(served.endpoint, http_client=other), mode="legacy") as earlier,
        ):
            for client in (current, earlier):
                assert len((await client.list_tools()).tools) == len(list(TOOLS))
                await client.call_tool("add_note", {"title": "before"})
            served.kill()
            served.start()
            for client in (current, earlier):
                notes = (await client.call_tool("list_notes")).structured_content
                assert notes["count"] == 2
    assert len(tenant.forms) == 4  # the tokens for the API are exchanged anew, and that is all
