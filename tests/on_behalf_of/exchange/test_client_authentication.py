"""The bridge's client authentication (RFC 6749 §2.3.1, RFC 7523), which the fake tenant really verifies."""

import time
from typing import Any

import jwt
import pytest

from on_behalf_of.exchange.client_authentication import AuthenticationMethod, ConfidentialClient
from tests.issuer import BRIDGE_CLIENT, rsa_key
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.client_proofs import ASSERTION_TYPE, CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


def keyed(key: str = "client", **more: Any) -> ConfidentialClient:
    return ConfidentialClient(BRIDGE_CLIENT, AuthenticationMethod.PRIVATE_KEY_JWT, private_key=rsa_key(key), **more)


async def test_a_secret_in_a_basic_header_is_form_encoded_first(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 6749 §2.3.1."""
    bridge.configure(
        clients=(ConfidentialClient(BRIDGE_CLIENT, AuthenticationMethod.CLIENT_SECRET_BASIC, CLIENT_SECRET),)
    )
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")
    assert not {"client_id", "client_secret"} & set(tenant.forms[0])
    header = (
        ConfidentialClient("a b", AuthenticationMethod.CLIENT_SECRET_BASIC, "ü:+%").proof("").headers["Authorization"]
    )
    assert header == "Basic YStiOiVDMyVCQyUzQSUyQiUyNQ=="  # a+b:%C3%BC%3A%2B%25


async def test_an_assertion_takes_the_place_of_the_secret(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 7523 §2.2, §3."""
    bridge.configure(clients=(keyed(key_id="of-the-tenants-choice"),))
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")
    form = tenant.forms[0]
    assert form["client_assertion_type"] == ASSERTION_TYPE
    assert "client_secret" not in form
    assert jwt.get_unverified_header(form["client_assertion"])["kid"] == "of-the-tenants-choice"
    claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    assert claims["aud"] == tenant.url
    assert claims["exp"] - time.time() <= 60


async def test_each_attempt_has_an_assertion_of_its_own(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 7523 §3: a server may take each jti once only."""
    bridge.configure(clients=(keyed(),))
    tenant.first_replies = [Reply(503)]
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")
        assert not (await bridge.call("add_note", title="x")).get("isError")
    assertions = [form["client_assertion"] for form in tenant.forms]
    assert len(set(assertions)) == len(assertions) == 3


async def test_a_key_that_the_tenant_does_not_know_is_reported_as_the_bridges_own_mistake(
    bridge: RunningBridge,
) -> None:
    bridge.configure(clients=(keyed("thief"),))
    async with bridge:
        assert "server's own client credentials" in await bridge.error_text("greet")


@pytest.mark.parametrize("method", AuthenticationMethod)
def test_nothing_secret_shows_in_representations(method: AuthenticationMethod) -> None:
    client = ConfidentialClient(BRIDGE_CLIENT, method, CLIENT_SECRET, rsa_key("client"))
    assert CLIENT_SECRET not in repr(client)
    assert "RSA" not in repr(client)
    assert repr(client.proof("https://tenant.example/")) == "Proof()"


def test_without_a_key_there_is_no_assertion() -> None:
    with pytest.raises(ValueError, match="private key"):
        ConfidentialClient(BRIDGE_CLIENT, AuthenticationMethod.PRIVATE_KEY_JWT).proof("https://tenant.example/")
