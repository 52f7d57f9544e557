"""The whole chain with an OAuth server that shares no code with this project: panva's oidc-provider.

Real processes, that server's own pages and tokens, the `mcp` package's own client.
"""

import json

import pytest
from mcp.shared.auth import OAuthClientInformationFull
from pydantic import AnyUrl

from operations.demo.mcp_user import REDIRECT_URI, Wallet, mcp_client
from operations.demo.person import Person
from tests.oidc_provider.conftest import CLIENT, RunningBehindOidcProvider

pytestmark = [pytest.mark.node, pytest.mark.processes]


class Visitor(Person):
    """A user on that server's pages, which name the login field differently and accept any password."""

    def __init__(self, login: str) -> None:
        super().__init__(login, "any")
        self._answers["login"] = login


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_user_of_another_tenant_calls_the_api_through_the_bridge_and_the_call_is_recorded(
    services: RunningBehindOidcProvider,
) -> None:
    ada = Wallet(client=OAuthClientInformationFull(client_id="mcp-client", redirect_uris=[AnyUrl(REDIRECT_URI)]))
    async with mcp_client(services.mcp, Visitor("ada"), ada) as client:
        greeting = (await client.call_tool("greet", {})).structured_content
        note = (await client.call_tool("add_note", {"title": "Milk"})).structured_content  # with a second consent
    assert greeting
    assert greeting["subject"] == "ada"
    assert greeting["actor_chain"] == [CLIENT, "mcp-client"]
    assert note
    assert note["title"] == "Milk"

    # The second user's client registers itself. He may write notes and not read: the tenant grants no more, and the
    # API is not even asked.
    async with mcp_client(services.mcp, Visitor("bob"), Wallet()) as client:
        refused = await client.call_tool("greet", {})
    assert refused.is_error
    assert "did not grant read:private" in refused.content[0].text  # type: ignore[union-attr]

    rows = services.audit()
    assert [(row["subject"], row["path"], row["decision"]) for row in rows] == [
        ("ada", "/api/private-scope", "allowed"),
        ("ada", "/api/notes/", "allowed"),
    ]
    chain = [{"sub": CLIENT}, {"sub": "mcp-client"}]
    assert [json.loads(row["actor_chain"]) for row in rows] == [chain, chain]

    # The doctor goes the same way with her token, and finds that tenant well; its call is on record too.
    assert ada.tokens
    token_file = services.state_dir / "token"
    token_file.write_text(ada.tokens.access_token)
    services.manage("doctor", "--strict", "--token-file", str(token_file))  # fails where it does not end with 0

    services.manage("audit_seal")
    assert services.manage("audit_verify").startswith("Intact: 3 rows")
