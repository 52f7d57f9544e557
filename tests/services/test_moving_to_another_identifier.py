"""A deployment moves from Auth0's quickstart's identifier, the origin, to the URL that clients call, without an outage.

Real processes; the tenant lets each of the bridge's two clients exchange tokens for its own identifier only.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import Person
from tests.services.running import Running
from tests.services.test_on_behalf_of_flow import claims_of


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory, prepared_state: Path) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("moving"), prepared_state)
    running.environment |= {
        "AUTH0_AUDIENCE": f"{running.mcp} {running.bridge}/",
        "MCP_AUTH0_CLIENT_ID": "new-bridge old-bridge",
        "MCP_AUTH0_CLIENT_SECRET": "the-secret-of-the-new-one the-secret-of-the-old-one",
    }
    with running.up():
        yield running


@pytest.mark.anyio
async def test_clients_of_both_identifiers_are_served_and_each_token_names_its_own_client(
    moving: Running,
) -> None:
    wallet = Wallet()
    async with mcp_client(moving.mcp, Person("admin@example.com", "admin-demo"), wallet) as client:
        greeting = (await client.call_tool("greet", {})).structured_content
    assert wallet.tokens is not None
    assert claims_of(wallet.tokens.access_token)["aud"] == moving.mcp
    assert greeting is not None
    assert greeting["actor_chain"][0] == "new-bridge"

    old = moving.subject_token("auth0|local-admin", aud=f"{moving.bridge}/")  # of a client that logged in before
    assert moving.answer("greet", old)["actor_chain"][0] == "old-bridge"
    assert [row["actor"] for row in moving.audit(path="/api/private-scope")] == ["new-bridge", "old-bridge"]


def test_both_metadata_documents_name_the_identifier_that_clients_should_use(moving: Running) -> None:
    for suffix in ("", "/mcp"):
        document = requests.get(f"{moving.bridge}/.well-known/oauth-protected-resource{suffix}", timeout=30).json()
        assert document["resource"] == moving.mcp
