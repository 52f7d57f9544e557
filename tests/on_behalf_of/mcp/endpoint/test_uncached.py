"""RFC 6750 §5.3: the endpoint's answers to a bearer are never cached."""

import pytest

from tests.on_behalf_of.mcp.running_bridge import RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def test_every_kind_of_answer_to_a_bearer_says_no_store(bridge: RunningBridge) -> None:
    async with bridge:
        token = bridge.token()
        answers = {
            "a result": await bridge.post(tools_call("greet"), token),
            "a result of the current revision": await bridge.post(
                modern_call("greet"), token, **modern_headers("greet")
            ),
            "a notification": await bridge.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, token),
            "a tool error": await bridge.post(tools_call("add_note", title=""), token),
            "no such tool": await bridge.post(tools_call("none"), token),
            "no such method": await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "none"}, token),
            "no JSON": await bridge.post(b"{", token),
            "a bad token": await bridge.post(PING, "nonsense"),
            "an expired token": await bridge.post(PING, bridge.token(exp=1)),
            "too few scopes": await bridge.post(tools_call("greet"), bridge.token(scope="tool:whoami")),
            "a machine": await bridge.post(PING, bridge.token(sub="robot", client_id="robot")),
            "GET": await bridge.http.get("/mcp", headers={"Authorization": f"Bearer {token}"}),
            "DELETE": await bridge.http.delete("/mcp", headers={"Authorization": f"Bearer {token}"}),
            "a strange host": await bridge.post(PING, token, Host="evil.example"),
            "a strange origin": await bridge.post(PING, token, Origin="https://evil.example"),
            "a strange revision": await bridge.post(PING, token, **{"MCP-Protocol-Version": "1999-01-01"}),
            "preflight": await bridge.http.options("/mcp", headers={"Authorization": f"Bearer {token}"}),
        }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert {200, 202, 204, 400, 401, 403, 405, 421} <= set(statuses.values()), statuses
    lacking = [name for name, answer in answers.items() if "no-store" not in answer.headers.get("cache-control", "")]
    assert lacking == []
    twice = [name for name, answer in answers.items() if len(answer.headers.get_list("cache-control")) != 1]
    assert twice == []


async def test_a_preflight_without_credentials_may_still_be_cached(bridge: RunningBridge) -> None:
    async with bridge:
        answer = await bridge.http.options("/mcp", headers={"Origin": "http://localhost:6274"})
    assert (answer.status_code, answer.headers.get("cache-control")) == (204, None)
