"""Authorization servers that implement RFC 8693 differently from Auth0: what is accepted, and what is refused."""

import pytest

from on_behalf_of.exchange.exchange_target import ExchangeTarget
from tests.issuer import API_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


async def test_a_server_that_requires_resource_gets_only_resource(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 8693 §2.1: either parameter names the target; both together would name two."""
    tenant.target = "resource"
    bridge.configure(exchange_target=ExchangeTarget.RESOURCE)
    async with bridge:
        answer = await bridge.call("greet")
    assert answer["structuredContent"]["subject"] == "auth0|alice"
    (form,) = tenant.forms
    assert form["resource"] == API_AUDIENCE
    assert "audience" not in form


async def test_if_a_server_requires_resource_its_error_is_quoted(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.target = "resource"
    async with bridge:
        text = await bridge.error_text("greet")
    assert "400 invalid_target" in text


async def test_tokens_that_name_the_client_in_azp_are_accepted(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """Auth0's own dialect, and Keycloak's: `typ` is JWT, the client is `azp`, and there is no `client_id`."""
    tenant.token_type = "JWT"
    tenant.token_changes = {"client_id": None, "azp": BRIDGE_CLIENT}
    async with bridge:
        answer = await bridge.call("greet")
    assert answer["structuredContent"]["actor_chain"] == [BRIDGE_CLIENT, "inspector"]


@pytest.mark.parametrize("azp", ["inspector", None])
async def test_azp_must_name_the_bridge_like_client_id(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, azp: str | None
) -> None:
    tenant.token_type = "JWT"
    tenant.token_changes = {"client_id": None, "azp": azp}
    async with bridge:
        text = await bridge.error_text("greet")
    assert ("issued to another client" if azp else "(azp)") in text
    assert not api.received


async def test_a_token_of_rfc_9068_must_have_client_id(bridge: RunningBridge, tenant: FakeTenant, api: FakeApi) -> None:
    """RFC 9068 §2.2: the claim is required, and `azp` is no other word for it."""
    tenant.token_changes = {"client_id": None, "azp": BRIDGE_CLIENT}
    async with bridge:
        text = await bridge.error_text("greet")
    assert "(client_id)" in text
    assert not api.received


async def test_a_server_without_act_claims_cannot_be_used(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    """RFC 8693 §1.1: without an actor it is impersonation, and the API could not tell it from the user's own call."""
    tenant.token_changes = {"act": None}
    async with bridge:
        text = await bridge.error_text("greet")
    assert "names no current actor (act)" in text
    assert not api.received


async def test_a_server_whose_act_names_only_the_bridge_is_enough(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    """RFC 8693 §4.1: prior actors are history, and a server need not tell it."""
    tenant.token_changes = {"act": {"sub": BRIDGE_CLIENT}}
    async with bridge:
        answer = await bridge.call("greet")
    assert answer["structuredContent"]["actor_chain"] == [BRIDGE_CLIENT]
    assert api.received
