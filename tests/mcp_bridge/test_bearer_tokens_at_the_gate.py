"""RFC 6750, RFC 9728 and MCP authorization, as a client meets them at /mcp."""

import asyncio
from typing import Any

import pytest

from mcp_bridge.request_body import MAX_BODY
from mcp_bridge.tools import TOOLS
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, rsa_key
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.running_bridge import BASE_URL, RunningBridge, tools_call

pytestmark = pytest.mark.anyio

METADATA = f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource"'
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def test_without_a_token_the_challenge_has_no_error_code(bridge: RunningBridge) -> None:
    """RFC 6750 §3.1, RFC 9728 §5.1, MCP authorization §Protected Resource Metadata Discovery."""
    async with bridge:
        response = await bridge.post(PING)
    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert METADATA in challenge
    assert "error" not in challenge


async def test_the_challenge_hints_at_the_scopes_to_log_in_with(bridge: RunningBridge) -> None:
    """MCP authorization §Scope Selection Strategy: the rest comes by step-up, when a tool that needs it is called."""
    async with bridge:
        response = await bridge.post(PING)
    assert 'scope="tool:whoami tool:greet"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_even_the_wrong_method_is_told_how_to_log_in(bridge: RunningBridge, method: str) -> None:
    async with bridge:
        response = await bridge.http.request(method, "/mcp")
    assert response.status_code == 401
    assert METADATA in response.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_with_a_token_the_wrong_method_is_405_with_allow(bridge: RunningBridge, method: str) -> None:
    """RFC 9110 §15.5.6."""
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}"}
        response = await bridge.http.request(method, "/mcp", headers=headers)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "wrong_audience": {"aud": API_AUDIENCE},
    "wrong_issuer": {"iss": "https://elsewhere.example/"},
    "token_expired": {"exp": 1_000_000_000},
    "bound_token": {"cnf": {"jkt": "x"}},
    "malformed_actor": {"act": "inspector"},
}


@pytest.mark.parametrize("reason", BAD_CLAIMS)
async def test_a_token_that_is_not_acceptable_is_401_invalid_token(bridge: RunningBridge, reason: str) -> None:
    """RFC 6750 §3.1."""
    async with bridge:
        response = await bridge.post(PING, bridge.token(**BAD_CLAIMS[reason]))
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert METADATA in response.headers["www-authenticate"]
    assert response.json()["error"]["data"] == {"reason": reason, "error": "invalid_token"}


async def test_a_token_signed_by_somebody_else_is_refused(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        claims = tenant.claims(aud=BRIDGE_AUDIENCE)
        response = await bridge.post(PING, tenant.sign(claims, key=rsa_key("thief")))
    assert response.status_code == 401


@pytest.mark.parametrize("value", ["Bearer", "Bearer a b", "Bearer a,b", "Bearer ä"])
async def test_a_malformed_authorization_header_is_400_invalid_request(bridge: RunningBridge, value: str) -> None:
    """RFC 6750 §3.1."""
    async with bridge:
        response = await bridge.http.post("/mcp", json=PING, headers=[(b"Authorization", value.encode("latin-1"))])
    assert response.status_code == 400
    assert 'error="invalid_request"' in response.headers["www-authenticate"]


async def test_two_authorization_headers_are_400(bridge: RunningBridge) -> None:
    async with bridge:
        value = f"Bearer {bridge.token()}"
        headers = [("Authorization", value), ("Authorization", value)]
        response = await bridge.http.post("/mcp", json=PING, headers=headers)
    assert response.status_code == 400


@pytest.mark.parametrize("query", ["access_token={}", "x=1&access%5Ftoken={}", "access_token="])
async def test_a_token_in_the_query_string_is_refused_even_beside_a_good_header(
    bridge: RunningBridge, query: str
) -> None:
    """MCP authorization §Access Token Usage: access tokens MUST NOT be in the URI query string."""
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}"}
        response = await bridge.http.post(f"/mcp?{query.format(bridge.token())}", json=PING, headers=headers)
    assert response.status_code == 400
    assert 'error="invalid_request"' in response.headers["www-authenticate"]


async def test_a_token_in_meta_or_body_is_ignored(bridge: RunningBridge) -> None:
    async with bridge:
        message = tools_call("whoami") | {"access_token": bridge.token()}
        message["params"]["_meta"] = {"authorization": f"Bearer {bridge.token()}"}
        response = await bridge.post(message)
    assert response.status_code == 401


async def test_a_session_id_is_no_credential(bridge: RunningBridge) -> None:
    """MCP security best practices §Session Hijacking."""
    async with bridge:
        response = await bridge.post(PING, **{"Mcp-Session-Id": "stolen"})
    assert response.status_code == 401


async def test_while_keys_cannot_be_had_nobody_is_told_that_their_token_is_bad(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    token = bridge.token()
    tenant.url = "http://127.0.0.1:9/"  # nobody listens there
    bridge.configure(token_rules=bridge.configuration.token_rules.__class__(tenant.url, BRIDGE_AUDIENCE))
    async with bridge:
        response = await bridge.post(PING, token)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert "www-authenticate" not in response.headers


async def test_a_stranger_is_refused_without_its_body(bridge: RunningBridge) -> None:
    """What it sends is discarded for a moment, so that its client gets the answer and not a reset connection."""
    bridge.gate_changes["discard_deadline"] = 0.05
    async with bridge:
        response = await bridge.http.post("/mcp", content=_stalling(asyncio.Event()))
    assert response.status_code == 401


async def test_refusals_never_repeat_what_was_sent(bridge: RunningBridge) -> None:
    async with bridge:
        for header in ("Bearer secret-secret", "Bearer secret secret", "Basic secret"):
            response = await bridge.http.post("/mcp", json=PING, headers={"Authorization": header})
            assert "secret" not in response.text + str(response.headers)


def test_every_scope_of_every_tool_stands_in_the_metadata() -> None:
    """RFC 9728 §2 scopes_supported; no `offline_access` (MCP authorization §Scope Selection Strategy)."""
    assert TOOLS.scopes == ("tool:whoami", "tool:greet", "tool:notes")


async def test_a_body_over_1_mb_is_413_without_being_read_to_its_end(bridge: RunningBridge) -> None:
    async with bridge:
        declared = await bridge.post(b"x" * (MAX_BODY + 1), bridge.token())
        undeclared = await bridge.http.post(
            "/mcp",
            content=_chunks(b"x" * 65_536, 17),
            headers={"Authorization": f"Bearer {bridge.token()}", "Content-Type": "application/json"},
        )
    assert (declared.status_code, undeclared.status_code) == (413, 413)


async def test_a_slow_body_is_408_and_delays_nobody(bridge: RunningBridge) -> None:
    bridge.gate_changes["body_deadline"] = 0.3
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}", "Content-Type": "application/json"}
        never = asyncio.Event()
        slow = [
            asyncio.create_task(bridge.http.post("/mcp", content=_stalling(never), headers=headers)) for _ in range(20)
        ]
        await asyncio.sleep(0)
        result = await bridge.call("get_datetime")
        assert not result.get("isError")
        assert not any(task.done() for task in slow)
        assert [(await task).status_code for task in slow] == [408] * 20


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_a_body_that_is_not_sent_as_json_is_415(bridge: RunningBridge, content_type: str) -> None:
    """RFC 9110 §15.5.16; a page could send the others without its browser asking first."""
    async with bridge:
        response = await bridge.post(PING, bridge.token(), **{"Content-Type": content_type})
    assert response.status_code == 415


async def _chunks(chunk: bytes, times: int) -> Any:
    for _ in range(times):
        yield chunk


async def _stalling(never: asyncio.Event) -> Any:
    yield b"{"
    await never.wait()
