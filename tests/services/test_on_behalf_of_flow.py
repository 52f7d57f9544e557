"""The story to read first: one user, one MCP client, three services, from login to an audited answer.

Real processes on real sockets, the tenant's real pages, the `mcp` package's own client. Nothing is faked.
"""

import base64
import json
from typing import Any

import pytest

from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import Person
from tests.services.running import Running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


@pytest.mark.anyio
async def test_a_user_logs_in_and_the_api_answers_on_the_users_behalf(services: Running) -> None:
    ada, wallet = Person("admin@example.com", "admin-demo"), Wallet()

    # The client finds the tenant by the bridge's 401, registers itself, and Ada logs in and consents in her browser.
    async with mcp_client(services.mcp, ada, wallet) as client:
        assert wallet.tokens is not None
        token_a = claims_of(wallet.tokens.access_token)
        assert token_a["aud"] == services.mcp  # token A is for the bridge, and for nobody else
        assert token_a["sub"] == "auth0|local-admin"
        assert "act" not in token_a  # so far nobody acts for her

        # The tool calls the API with token B, for which the bridge exchanged token A at the tenant.
        greeting = (await client.call_tool("greet", {})).structured_content

    inspector = token_a["client_id"]
    assert greeting is not None
    assert greeting["subject"] == "auth0|local-admin"
    assert greeting["actor_chain"] == ["local-mcp-bridge", inspector]  # RFC 8693 §4.1: the outermost acts now

    # The API recorded the call before it answered.
    row = services.audit(path="/api/private-scope")[-1]
    assert row["subject"] == "auth0|local-admin"
    assert row["actor"] == "local-mcp-bridge"
    assert json.loads(row["actor_chain"]) == [{"sub": "local-mcp-bridge"}, {"sub": inspector}]
    assert row["token_id"] != token_a["jti"]  # token A never arrived at the API
    assert (row["decision"], row["status"]) == ("allowed", 200)


@pytest.mark.anyio
async def test_a_client_that_needs_more_scope_steps_up(services: Running) -> None:
    """RFC 6750 §3.1 and MCP authorization: 403 insufficient_scope, consent, and then the answer."""
    wallet = Wallet()
    async with mcp_client(services.mcp, Person("admin@example.com", "admin-demo"), wallet) as client:
        assert wallet.tokens is not None
        assert "tool:notes" not in (wallet.tokens.scope or "")
        note = await client.call_tool("add_note", {"title": "Milk"})
        assert note.structured_content is not None
        assert "tool:notes" in (wallet.tokens.scope or "")
        notes = (await client.call_tool("list_notes", {})).structured_content
    assert notes is not None
    assert note.structured_content["id"] in [each["id"] for each in notes["items"]]


@pytest.mark.anyio
async def test_a_user_without_the_permission_gets_a_readable_error(services: Running) -> None:
    async with mcp_client(services.mcp, Person("user@example.com", "user-demo"), Wallet()) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["whoami", "get_datetime"]
        refusal = await client.call_tool("greet", {})
    assert refusal.is_error
    assert "tool:greet" in str(refusal.content)
