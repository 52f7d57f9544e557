"""MCP authorization §Access Token Usage and §Error Handling, with RFC 6750, at /mcp."""

from typing import Any

import pytest

from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, rsa_key
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import BASE_URL, LEGACY, MODERN, RunningBridge

pytestmark = pytest.mark.anyio

METADATA = f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource/mcp"'
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


METHODS = ["initialize", "notifications/initialized", "ping", "server/discover", "tools/list", "tools/call", "no/such"]


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize("method", METHODS)
async def test_authorization_is_needed_in_every_request(bridge: RunningBridge, method: str, version: str) -> None:
    """MCP authorization §Token Requirements: in every HTTP request."""
    message = {"jsonrpc": "2.0", "method": method} | ({} if method.startswith("notifications/") else {"id": 1})
    async with bridge:
        response = await bridge.post(message, **{"MCP-Protocol-Version": version, "Mcp-Method": method})
    assert response.status_code == 401
    assert METADATA in response.headers["www-authenticate"]


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


@pytest.mark.parametrize(
    "audience",
    ["http://localhost:3001/", "http://localhost:3001/mcp/", "HTTP://LOCALHOST:3001/mcp", [API_AUDIENCE], "", "*"],
)
async def test_only_a_token_issued_for_this_server_is_accepted(bridge: RunningBridge, audience: Any) -> None:
    """MCP authorization §Token Handling, RFC 8707 §2: a parent, a child or another spelling is refused."""
    async with bridge:
        response = await bridge.post(PING, bridge.token(aud=audience))
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_token_for_several_audiences_is_accepted_if_this_server_is_one(bridge: RunningBridge) -> None:
    """Auth0 adds its own userinfo endpoint to the audience of tokens for OpenID scopes."""
    async with bridge:
        response = await bridge.post(PING, bridge.token(aud=[BRIDGE_AUDIENCE, "https://tenant.example/userinfo"]))
    assert response.status_code == 200


async def test_a_token_signed_by_another_party_is_refused(bridge: RunningBridge, tenant: FakeTenant) -> None:
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
async def test_a_token_in_the_query_string_is_refused_even_with_a_good_header(
    bridge: RunningBridge, query: str
) -> None:
    """MCP authorization §Access Token Usage: access tokens MUST NOT be in the URI query string."""
    async with bridge:
        headers = {"Authorization": f"Bearer {bridge.token()}"}
        response = await bridge.http.post(f"/mcp?{query.format(bridge.token())}", json=PING, headers=headers)
    assert response.status_code == 400
    assert 'error="invalid_request"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
async def test_a_token_in_the_query_string_does_not_authenticate(bridge: RunningBridge, method: str) -> None:
    async with bridge:
        response = await bridge.http.request(method, f"/mcp?access_token={bridge.token()}")
    assert response.status_code in {204, 400}
    assert "result" not in response.text


async def test_while_keys_are_unavailable_no_token_is_called_invalid(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token = bridge.token()
    tenant.url = "http://127.0.0.1:9/"  # nobody listens there
    bridge.configure(token_rules=bridge.configuration.token_rules.__class__(tenant.url, BRIDGE_AUDIENCE))
    async with bridge:
        response = await bridge.post(PING, token)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert "www-authenticate" not in response.headers


async def test_refusals_never_repeat_what_was_sent(bridge: RunningBridge) -> None:
    async with bridge:
        for header in ("Bearer secret-secret", "Bearer secret secret", "Basic secret"):
            response = await bridge.http.post("/mcp", json=PING, headers={"Authorization": header})
            assert "secret" not in response.text + str(response.headers)
