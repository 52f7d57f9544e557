"""Clients that are pages in a browser: what the Fetch standard's CORS lets them send and read."""

import pytest

from on_behalf_of.resource_server.protected_resource import WELL_KNOWN
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import BRIDGE_AUDIENCE
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

INSPECTOR = "http://localhost:6274"


@pytest.mark.parametrize("origin", [INSPECTOR, "http://localhost:3001"])
@pytest.mark.anyio
async def test_a_page_of_an_allowed_origin_can_read_even_the_challenge(bridge: RunningBridge, origin: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), Origin=origin)
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == origin
    assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]
    assert response.headers["vary"] == "Origin"


@pytest.mark.anyio
async def test_a_page_can_read_how_long_to_wait(bridge: RunningBridge) -> None:
    token = bridge.token()
    bridge.configure(token_rules=TokenRules("http://127.0.0.1:9/", BRIDGE_AUDIENCE))
    bridge.tenant.url = "http://127.0.0.1:9/"  # nobody listens there
    async with bridge:
        response = await bridge.post(tools_call("whoami"), token, Origin=INSPECTOR)
    assert response.status_code == 503
    assert "retry-after" in response.headers
    assert "Retry-After" in response.headers["access-control-expose-headers"]


@pytest.mark.anyio
async def test_a_page_can_read_a_challenge_during_a_call(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.reply = Reply(401, b'{"error":"invalid_grant"}')
    async with bridge:
        response = await bridge.post(tools_call("greet"), bridge.token(), Origin=INSPECTOR)
    assert response.status_code == 401
    assert response.headers.get_list("access-control-allow-origin") == [INSPECTOR]
    assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]


@pytest.mark.anyio
async def test_pages_never_use_the_browsers_own_credentials(bridge: RunningBridge) -> None:
    """Fetch §CORS protocol and credentials: cookies play no part here."""
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Origin=INSPECTOR)
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.anyio
async def test_a_star_allows_any_origin(bridge: RunningBridge) -> None:
    bridge.configure(allowed_origins=("*",))
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Origin="https://app.example")
    assert response.status_code == 200


HEADERS = {
    "earlier": "authorization,content-type,mcp-protocol-version,mcp-session-id,last-event-id",
    "current": "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name,mcp-param-city,traceparent",
}


@pytest.mark.parametrize("asked", HEADERS.values(), ids=HEADERS)
@pytest.mark.anyio
async def test_a_preflight_needs_no_token_and_allows_the_headers_of_mcp(bridge: RunningBridge, asked: str) -> None:
    async with bridge:
        response = await bridge.http.options(
            "/mcp",
            headers={
                "Origin": INSPECTOR,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": asked,
            },
        )
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == INSPECTOR
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == asked


@pytest.mark.anyio
async def test_a_preflight_of_another_origin_is_refused(bridge: RunningBridge) -> None:
    async with bridge:
        response = await bridge.http.options("/mcp", headers={"Origin": "http://evil.example"})
    assert response.status_code == 403


@pytest.mark.parametrize("path", [WELL_KNOWN, f"{WELL_KNOWN}/mcp"])
@pytest.mark.anyio
async def test_browsers_may_send_the_protocol_version_header(bridge: RunningBridge, path: str) -> None:
    async with bridge:
        response = await bridge.http.options(path)
    assert response.status_code == 204
    assert "MCP-Protocol-Version" in response.headers["Access-Control-Allow-Headers"]
