"""The endpoint answers alike at /mcp and /mcp/, without a redirect, for every method."""

import json
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from on_behalf_of.resource_server.protected_resource import WELL_KNOWN
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import BASE_URL, RunningBridge, modern_call, modern_headers, tools_call
from tests.on_behalf_of.mcp.served_bridge import JSON, served_bridge

pytestmark = pytest.mark.anyio

METHODS = {"GET": 405, "HEAD": 405, "DELETE": 405, "PUT": 405, "PATCH": 405, "OPTIONS": 204}
INSPECTOR = "http://localhost:6274"
COMPARED = ("www-authenticate", "allow", "cache-control", "content-type", "access-control-allow-origin", "vary")


def shape(response: httpx2.Response) -> tuple[int, list[str | None], bytes]:
    return response.status_code, [response.headers.get(name) for name in COMPARED], response.content


@pytest.mark.parametrize("method", [*METHODS, "POST"])
@pytest.mark.parametrize("knows_the_user", [True, False])
async def test_each_method_gets_the_same_answer_at_both_spellings(
    bridge: RunningBridge, method: str, knows_the_user: bool
) -> None:
    headers = {"Origin": INSPECTOR, **JSON, "Accept": "application/json, text/event-stream"}
    if knows_the_user:
        headers["Authorization"] = f"Bearer {bridge.token()}"
    content = json.dumps(tools_call("whoami")) if method == "POST" else None
    async with bridge:
        answers = [
            await bridge.http.request(method, path, headers=headers, content=content) for path in ("/mcp", "/mcp/")
        ]
    assert shape(answers[0]) == shape(answers[1])
    expected = METHODS.get(method, 200) if knows_the_user or method == "OPTIONS" else 401
    assert answers[1].status_code == expected
    assert answers[1].headers["access-control-allow-origin"] == INSPECTOR


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_whose_url_ends_with_a_slash_calls_tools(bridge: RunningBridge, mode: str) -> None:
    async with (
        bridge,
        bridge.client(bridge.token()) as http,
        Client(streamable_http_client(f"{BASE_URL}/mcp/", http_client=http), mode=mode) as client,
    ):
        result = await client.call_tool("greet")
    assert result.structured_content["subject"] == "auth0|alice"


@pytest.mark.parametrize("path", [f"{WELL_KNOWN}/mcp", WELL_KNOWN])
@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405)])
async def test_the_metadata_is_the_same_at_both_spellings(
    bridge: RunningBridge, path: str, method: str, status: int
) -> None:
    async with bridge:
        plain, slashed = [await bridge.http.request(method, each) for each in (path, f"{path}/")]
    assert plain.status_code == slashed.status_code == status
    assert shape(plain) == shape(slashed)
    assert plain.headers.get("Access-Control-Allow-Origin") == (None if method == "POST" else "*")


@pytest.mark.processes
async def test_the_served_bridge_knows_both_spellings(tenant: FakeTenant, api: FakeApi, tmp_path: Path) -> None:
    """With granian in front, which removes the body of a response to HEAD; the connection stays usable."""
    with served_bridge(tenant, api, tmp_path) as served:
        async with httpx2.AsyncClient(base_url=served.url, headers=served.headers()) as http:
            for path in ("/mcp", "/mcp/"):
                for method, status in METHODS.items():
                    response = await http.request(method, path)
                    assert (response.status_code, response.next_request) == (status, None)
                    assert method != "HEAD" or response.content == b""
                called = await http.post(path, json=modern_call("greet"), headers=modern_headers("greet"))
                assert called.json()["result"]["structuredContent"]["subject"] == "auth0|alice"
            challenges = {
                (await http.request(method, path, headers={"Authorization": ""})).headers["WWW-Authenticate"]
                for path in ("/mcp", "/mcp/")
                for method in ("POST", "GET", "HEAD", "DELETE")
            }
            documents = {
                (await http.get(path)).text for path in (WELL_KNOWN, f"{WELL_KNOWN}/mcp", f"{WELL_KNOWN}/mcp/")
            }
    assert len(challenges) == len(documents) == 1
