"""docs/flow.md: its tokens, form and row match those of a call on real processes."""

import json
from typing import Any

import jwt
import pytest
import requests

from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import Person
from tests.docs.blocks import as_documented, blocks
from tests.services.running import Running

OF_THIS_RUN = ("iat", "exp", "jti")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.mark.anyio
async def test_the_page_shows_what_a_real_call_records(services: Running) -> None:
    token_a, form, token_b, row = (block.json for block in blocks("docs/flow.md", "json"))
    wallet = Wallet()
    async with mcp_client(services.mcp, Person("admin@example.com", "admin-demo"), wallet) as client:
        await client.call_tool("greet", {})
    assert wallet.tokens is not None
    real_a = wallet.tokens.access_token
    shown_as = {
        services.issuer: "http://localhost:9000",
        services.bridge: "http://localhost:3001",
        services.api: "http://localhost:8787",
        claims(real_a)["client_id"]: "the-mcp-client",
    }
    times_and_names = {name: token_a[name] for name in OF_THIS_RUN}
    assert as_documented(claims(real_a), shown_as) | times_and_names == token_a

    answer = exchanged(services, form | {"subject_token": real_a, "audience": f"{services.api}/"})
    assert {"access_token", "issued_token_type"} <= answer.keys()
    times_and_names = {name: token_b[name] for name in OF_THIS_RUN}
    assert as_documented(claims(answer["access_token"]), shown_as) | times_and_names == token_b

    rows = [as_documented(json.loads(line), shown_as) for line in services.manage("audit_export").splitlines()]
    real = [each for each in rows if each["actor_chain"] == row["actor_chain"]]
    assert {name: real[-1][name] for name in row} == row


def exchanged(services: Running, form: dict[str, str]) -> dict[str, Any]:
    """Return the tenant's answer to the bridge's client."""
    secret = (services.state_dir / "bridge_client_secret").read_text()
    proof = {"client_id": "local-mcp-bridge", "client_secret": secret}
    answer: dict[str, Any] = requests.post(f"{services.issuer}/oauth/token", data=form | proof, timeout=30).json()
    return answer
