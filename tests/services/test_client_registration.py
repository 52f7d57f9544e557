"""How an MCP client becomes known to the tenant: it registers itself, or its id is the address of its document."""

from pathlib import Path

import pytest

from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import PageError, Person
from tests.client_documents import serving_documents
from tests.services.running import Running

ADA = ("admin@example.com", "admin-demo")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_client_registers_itself_logs_in_and_calls_greet(services: Running) -> None:
    """RFC 7591, then RFC 6749 §4.1 with PKCE, then RFC 8693 behind the tool."""
    wallet = Wallet()
    async with mcp_client(services.mcp, Person(*ADA), wallet) as client:
        greeting = (await client.call_tool("greet", {})).structured_content
    assert wallet.client is not None
    assert wallet.client.client_secret is None  # a public client
    assert greeting is not None
    assert greeting["actor_chain"] == ["local-mcp-bridge", wallet.client.client_id]


@pytest.mark.anyio
async def test_a_client_with_a_document_logs_in_and_calls_greet(
    services: Running, authority: tuple[Path, Path]
) -> None:
    """Client ID Metadata Documents: the id is an https address, which the tenant fetches with TLS verified."""
    with serving_documents(authority[1]) as documents:
        client_id = documents.publish("/client.json")
        async with mcp_client(services.mcp, Person(*ADA), Wallet(), client_metadata_url=client_id) as client:
            greeting = (await client.call_tool("greet", {})).structured_content
        assert documents.requests == ["/client.json"]
    assert greeting is not None
    assert greeting["actor_chain"] == ["local-mcp-bridge", client_id]


@pytest.mark.anyio
async def test_a_document_that_names_another_client_is_refused_on_a_readable_page(
    services: Running, authority: tuple[Path, Path]
) -> None:
    with serving_documents(authority[1]) as documents:
        client_id = documents.publish("/client.json", client_id="https://other.example/client.json")
        with pytest.RaisesGroup(pytest.RaisesExc(PageError), flatten_subgroups=True, allow_unwrapped=True):
            async with mcp_client(services.mcp, Person(*ADA), Wallet(), client_metadata_url=client_id) as client:
                await client.list_tools()
