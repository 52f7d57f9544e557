"""MCP security best practices: session hijacking, token passthrough, DNS rebinding."""

import json
import logging
from typing import Any

import pytest

from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def test_a_session_id_is_not_a_credential(bridge: RunningBridge) -> None:
    """MCP security best practices §Session Hijacking."""
    async with bridge:
        response = await bridge.post(PING, **{"Mcp-Session-Id": "stolen"})
    assert response.status_code == 401


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_a_session_id_changes_nothing_about_who_calls(bridge: RunningBridge, version: str) -> None:
    """§Session Hijacking: servers MUST NOT use sessions for authentication. This one never creates a session."""
    async with bridge:
        session = {"Mcp-Session-Id": "that-of-alice"}
        for user in ("auth0|alice", "auth0|bob"):
            headers = session | (modern_headers("whoami") if version == MODERN else {})
            message = modern_call("whoami") if version == MODERN else tools_call("whoami")
            response = await bridge.post(message, bridge.token(sub=user), **headers)
            assert response.json()["result"]["structuredContent"]["subject"] == user
            assert "mcp-session-id" not in response.headers


async def test_initialize_returns_no_session_id(bridge: RunningBridge) -> None:
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    async with bridge:
        message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        response = await bridge.post(message, bridge.token())
    assert response.json()["result"]["protocolVersion"] == LEGACY
    assert "mcp-session-id" not in response.headers


async def test_the_inbound_token_never_reaches_the_api(bridge: RunningBridge, api: FakeApi) -> None:
    """MCP authorization §Access Token Privilege Restriction: no token passthrough."""
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("add_note", token, title="x")
        await bridge.call("list_notes", token)
    assert len(api.received) == 3
    for received in api.received:
        everything = f"{received.path}{dict(received.headers)}{received.body!r}"
        assert token not in everything
        assert received.headers["Authorization"].startswith("Bearer ey")
        assert "Cookie" not in received.headers


async def test_a_tenant_that_returns_the_subject_token_is_refused(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    """If the tenant returned the subject token, the bridge would pass it through."""
    token = bridge.token(aud=[BRIDGE_AUDIENCE, API_AUDIENCE])
    tenant.answer_changes = {"access_token": token}
    async with bridge:
        assert "same token" in await bridge.error_text("greet", token)
    assert api.received == []


META = [
    {"authorization": "Bearer {}"},
    {"access_token": "{}"},
    {"io.modelcontextprotocol/authorization": {"token": "{}"}},
]


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize("meta", META, ids=range(len(META)))
async def test_a_token_in_meta_is_ignored(
    bridge: RunningBridge,
    tenant: FakeTenant,
    api: FakeApi,
    caplog: pytest.LogCaptureFixture,
    meta: dict[str, Any],
    version: str,
) -> None:
    """A token of another user in _meta has no effect and is not stored anywhere."""
    caplog.set_level(logging.DEBUG)
    stolen = bridge.token(sub="auth0|alice")
    message = modern_call("greet") if version == MODERN else tools_call("greet")
    message["params"].setdefault("_meta", {}).update(json.loads(json.dumps(meta).replace("{}", stolen)))
    async with bridge:
        headers = modern_headers("greet") if version == MODERN else {}
        response = await bridge.post(message, bridge.token(sub="auth0|bob"), **headers)
    assert response.json()["result"]["structuredContent"]["subject"] == "auth0|bob"
    everywhere = caplog.text + response.text + repr(tenant.received) + repr(api.received) + repr(bridge.calls)
    assert stolen.rpartition(".")[2] not in everywhere


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_no_token_is_ever_logged(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, caplog: pytest.LogCaptureFixture, version: str
) -> None:
    """§Token theft: at the most verbose level of every library, for good calls, refusals and failures."""
    caplog.set_level(logging.DEBUG)
    tokens = [bridge.token(), bridge.token(exp=1), bridge.token(scope="", permissions=[])]
    headers = modern_headers("greet") if version == MODERN else {}
    message = modern_call("greet") if version == MODERN else tools_call("greet")
    async with bridge:
        for token in tokens:
            await bridge.post(message, token, **headers)
        for reply in (Reply(401, b'{"error":"invalid_grant"}'), Reply(500), Reply(200, b"{}")):
            tenant.reply = reply
            tokens.append(bridge.token())
            await bridge.post(message, tokens[-1], **headers)
    tokens += [received.headers["Authorization"] for received in api.received]
    assert len(tokens) == 7
    assert not [token for token in tokens if token.rpartition(".")[2] in caplog.text]


async def test_a_token_in_meta_or_body_is_not_a_credential(bridge: RunningBridge) -> None:
    async with bridge:
        message = tools_call("whoami") | {"access_token": bridge.token()}
        message["params"]["_meta"] = {"authorization": f"Bearer {bridge.token()}"}
        response = await bridge.post(message)
    assert response.status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:3001", "127.0.0.1:99"])
async def test_a_configured_host_is_served_at_any_port(bridge: RunningBridge, host: str) -> None:
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), Host=host)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", f"localhost:{'1' * 300}", ""]
)
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


async def test_the_origin_of_the_requested_host_is_our_own(bridge: RunningBridge) -> None:
    origin = {"Host": "127.0.0.1:9", "Origin": "http://127.0.0.1:9"}
    async with bridge:
        response = await bridge.post(tools_call("whoami"), bridge.token(), **origin)
    assert response.status_code == 200


async def test_with_any_host_allowed_a_rebound_name_is_still_a_foreign_origin(bridge: RunningBridge) -> None:
    bridge.configure(allowed_hosts=("*",))
    async with bridge:
        rebound = {"Host": "evil.example:3001", "Origin": "http://evil.example:3001"}
        response = await bridge.post(tools_call("whoami"), bridge.token(), **rebound)
    assert response.status_code == 403
