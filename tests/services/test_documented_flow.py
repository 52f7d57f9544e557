"""docs/flow.md: its tokens, its form and its row are those of a real call on real processes."""

import json
from typing import Any

import jwt
import pytest
import requests

from config.demo.mcp_user import Wallet, mcp_client
from config.demo.person import Person
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
async def test_what_the_page_shows_is_what_a_real_call_leaves(services: Running) -> None:
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

    secret = (services.state_dir / "bridge_client_secret").read_text()
    sent = form | {"subject_token": real_a, "audience": f"{services.api}/"}
    answer = requests.post(
        f"{services.issuer}/oauth/token",
        data=sent | {"client_id": "local-mcp-bridge", "client_secret": secret},
        timeout=10,
    ).json()
    assert {"access_token", "issued_token_type"} <= answer.keys()
    times_and_names = {name: token_b[name] for name in OF_THIS_RUN}
    assert as_documented(claims(answer["access_token"]), shown_as) | times_and_names == token_b

    exported = services.manage("audit_export").splitlines()
    real = [
        as_documented(line, shown_as) for line in map(json_line, exported) if line["client_id"] == token_b["client_id"]
    ]
    assert {name: real[-1][name] for name in row} == row


def json_line(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found


def test_the_form_is_the_one_that_the_bridge_sends() -> None:
    from mcp_bridge.exchange import token_exchange
    from mcp_bridge.exchange.answer import ACCESS_TOKEN

    form = blocks("docs/flow.md", "json")[1].json
    assert form["grant_type"] == token_exchange.GRANT_TYPE
    assert form["subject_token_type"] == form["requested_token_type"] == ACCESS_TOKEN
