"""DNS rebinding and browser clients (MCP streamable HTTP §Security Warning; the Fetch standard's CORS)."""

import pytest

from tests.mcp_bridge.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio

INSPECTOR = "http://localhost:6274"


@pytest.mark.parametrize("host", ["localhost", "localhost:3001", "127.0.0.1:99"])
async def test_a_configured_host_is_served_at_any_port(bridge: RunningBridge, host: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Host=host)
    assert response.status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", ""])
async def test_any_other_host_is_421_before_anything_else(bridge: RunningBridge, host: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Host=host)
    assert response.status_code == 421


async def test_a_star_allows_any_host(bridge: RunningBridge) -> None:
    bridge.configure(allowed_hosts=("*",))
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Host="anything.example")
    assert response.status_code == 200


async def test_another_origin_is_403_and_may_not_read_why(bridge: RunningBridge) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Origin="http://evil.example")
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("origin", [INSPECTOR, "http://localhost:3001"])
async def test_a_page_of_an_allowed_origin_can_read_even_the_challenge(bridge: RunningBridge, origin: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), Origin=origin)
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == origin
    assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]
    assert response.headers["vary"] == "Origin"


async def test_the_origin_of_the_very_host_is_our_own_wherever_we_are_reached(bridge: RunningBridge) -> None:
    origin = {"Host": "127.0.0.1:9", "Origin": "http://127.0.0.1:9"}
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), **origin)
    assert response.status_code == 200


async def test_where_any_host_will_do_a_rebound_name_is_still_a_foreign_origin(bridge: RunningBridge) -> None:
    bridge.configure(allowed_hosts=("*",))
    async with bridge:
        rebound = {"Host": "evil.example:3001", "Origin": "http://evil.example:3001"}
        response = await bridge.post(tools_call("whoami"), bridge.token(), **rebound)
    assert response.status_code == 403


async def test_a_star_allows_any_origin(bridge: RunningBridge) -> None:
    bridge.configure(allowed_origins=("*",))
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Origin="https://app.example")
    assert response.status_code == 200


async def test_a_preflight_needs_no_token_and_allows_the_headers_of_mcp(bridge: RunningBridge) -> None:
    asked = "authorization,content-type,mcp-protocol-version,mcp-param-city"
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


async def test_a_preflight_of_another_origin_is_refused(bridge: RunningBridge) -> None:
    async with bridge:
        response = await bridge.http.options("/mcp", headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
