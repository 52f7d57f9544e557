"""The bridge's messages refer to the MCP server, and name the API only if it answered the call."""

import re

import pytest

from on_behalf_of.resource_server.refusals import DESCRIPTIONS, BearerTokenError, Reason
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio

ELSEWHERE = re.compile(r"\bthis (API|resource)\b|\bAPI\b", re.IGNORECASE)


async def told(bridge: RunningBridge, headers: dict[str, str]) -> str:
    """Return everything that a client can read in a response."""
    async with bridge:
        response = await bridge.http.post("/mcp", json=tools_call("greet"), headers=headers)
    return f"{response.headers.get('www-authenticate')} {response.text}"


async def test_a_client_without_a_token_learns_what_this_mcp_server_needs(bridge: RunningBridge) -> None:
    text = await told(bridge, {})
    assert "This MCP server needs an access token in the Authorization header." in text
    assert not ELSEWHERE.search(text)


async def test_an_opaque_token_is_refused_with_what_to_request_from_the_tenant(bridge: RunningBridge) -> None:
    """Auth0 issues these if no audience is named; body and challenge say the same."""
    text = await told(bridge, {"Authorization": "Bearer opaque"})
    assert text.count("The access token is not a signed JWT; ask the tenant for one for this MCP server.") == 2
    assert not ELSEWHERE.search(text)


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer"}, {"Authorization": "Bearer a,b"}, {"Host": "evil.example"}],
    ids=lambda headers: next(iter(headers.values())),
)
async def test_no_refusal_of_the_gate_mentions_an_api(bridge: RunningBridge, headers: dict[str, str]) -> None:
    assert not ELSEWHERE.search(await told(bridge, headers))


@pytest.mark.parametrize("reason", Reason)
def test_no_sentence_about_a_token_mentions_an_api(reason: Reason) -> None:
    """All of them, including those that the gate may raise in the future."""
    sentence = BearerTokenError(reason).description_by("MCP server")
    assert not ELSEWHERE.search(sentence)
    assert ("MCP server" in sentence) == ("resource" in DESCRIPTIONS[reason])
