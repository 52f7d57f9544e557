"""Whose tokens the bridge accepts: a user's, presented by the client that acts for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from on_behalf_of.mcp.observer import Observer
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules
from tests.issuer import BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import (
    ALL_SCOPES,
    LEGACY,
    MODERN,
    RunningBridge,
    modern_call,
    modern_headers,
    tools_call,
)

pytestmark = pytest.mark.anyio


def auth0(bridge: RunningBridge, **claims: Any) -> str:
    tenant = bridge.tenant
    return tenant.sign(tenant.auth0_claims(**{"aud": BRIDGE_AUDIENCE, "scope": ALL_SCOPES} | claims), typ="JWT")


NOT_ALLOWED: dict[str, tuple[Callable[[RunningBridge], str], str]] = {
    "machine of RFC 9068": (lambda bridge: bridge.token(sub="robot", client_id="robot"), "machine_not_allowed"),
    "machine of Auth0": (
        lambda bridge: auth0(bridge, sub="robot@clients", azp="robot", gty="client-credentials"),
        "machine_not_allowed",
    ),
    "another actor": (lambda bridge: bridge.token(act={"sub": "stranger"}), "actor_not_client"),
    "another actor, Auth0": (lambda bridge: auth0(bridge, act={"sub": "stranger"}), "actor_not_client"),
    "agent of another client": (
        lambda bridge: bridge.token(act={"sub": "inspector", "client_id": "stranger"}),
        "actor_not_client",
    ),
}
INITIALIZE = {
    "protocolVersion": LEGACY,
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
MESSAGES: dict[str, dict[str, Any]] = {
    "initialize": {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE},
    "ping": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
    "tools/list": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    "a notification": {"jsonrpc": "2.0", "method": "notifications/initialized"},
    "tools/call": tools_call("get_datetime"),
}


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("who", NOT_ALLOWED)
async def test_a_caller_that_may_not_present_its_token_is_refused_for_every_request(
    bridge: RunningBridge, who: str, message: str
) -> None:
    """As at the API: 403, with a challenge that does not ask for a login or consent (RFC 6750 §3.1)."""
    make, reason = NOT_ALLOWED[who]
    async with bridge:
        response = await bridge.post(MESSAGES[message], make(bridge))
    assert response.status_code == 403
    assert response.json()["error"]["data"] == {"reason": reason}
    challenge = response.headers["www-authenticate"]
    assert challenge == f'Bearer resource_metadata="{bridge.configuration.resource.metadata_url}"'
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("who", NOT_ALLOWED)
async def test_such_a_caller_is_refused_in_the_current_revision_too(bridge: RunningBridge, who: str) -> None:
    make, reason = NOT_ALLOWED[who]
    async with bridge:
        response = await bridge.post(modern_call("get_datetime"), make(bridge), **modern_headers("get_datetime"))
    assert (response.status_code, response.json()["error"]["data"]["reason"]) == (403, reason)
    assert modern_headers("get_datetime")["MCP-Protocol-Version"] == MODERN


@pytest.mark.parametrize("who", NOT_ALLOWED)
async def test_a_refused_call_is_recorded_and_counted_once(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, who: str
) -> None:
    make, reason = NOT_ALLOWED[who]
    counted: list[str] = []
    bridge.configure(observer=replace(Observer(), refused=counted.append))
    async with bridge:
        await bridge.post(tools_call("greet"), make(bridge))
        await bridge.post(MESSAGES["tools/list"], make(bridge))
    assert [(record.tool, record.outcome, record.reason) for record in bridge.calls] == [("greet", "refused", reason)]
    assert counted == [reason, reason]
    assert not tenant.forms
    assert not api.received


async def test_a_setting_admits_machines_only_to_tools_that_need_no_user(bridge: RunningBridge) -> None:
    bridge.configure(caller_rules=CallerRules(allow_machines=True))
    robot = bridge.token(sub="robot", client_id="robot")
    async with bridge:
        assert not (await bridge.call("get_datetime", robot)).get("isError")
        assert "a client's own" in await bridge.error_text("greet", robot)
        response = await bridge.post(MESSAGES["ping"], NOT_ALLOWED["another actor"][0](bridge))
    assert response.status_code == 403  # the one rule does not relax the other


async def test_a_setting_only_records_actors(bridge: RunningBridge) -> None:
    bridge.configure(caller_rules=CallerRules(actor_rule=ActorRule.RECORD))
    async with bridge:
        await bridge.call("whoami", bridge.token(act={"sub": "stranger", "client_id": "its-client"}))
        response = await bridge.post(MESSAGES["ping"], NOT_ALLOWED["machine of Auth0"][0](bridge))
    (record,) = bridge.calls
    assert record.token.actor is not None
    assert (record.token.actor.subject, record.token.actor.client_id) == ("stranger", "its-client")
    assert response.status_code == 403


@pytest.mark.parametrize("name", ["azp", "client_id"])
async def test_a_token_that_names_two_clients_is_refused(bridge: RunningBridge, name: str) -> None:
    token = bridge.token(azp="stranger") if name == "azp" else auth0(bridge, client_id="stranger")
    async with bridge:
        response = await bridge.post(MESSAGES["ping"], token)
    assert response.status_code == 401
    assert response.json()["error"]["data"] == {"reason": "clients_differ", "error": "invalid_token"}


TOKENS_B: dict[str, dict[str, Any]] = {
    "a service account": {"act": {"sub": "service-account-7", "act": {"sub": "inspector"}}},
    "a prefixed client": {"act": {"sub": f"client:{BRIDGE_CLIENT}"}},
    "an agent of another client": {"act": {"sub": BRIDGE_CLIENT, "client_id": "stranger"}},
    "the client of another issuer": {"act": {"sub": BRIDGE_CLIENT, "iss": "https://other.example/"}},
}


@pytest.mark.parametrize("name", TOKENS_B)
async def test_token_b_must_name_the_bridge_as_actor_unless_actors_are_only_recorded(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, name: str
) -> None:
    tenant.token_changes = TOKENS_B[name]
    async with bridge:
        assert "does not name this server as the current actor" in await bridge.error_text("greet")
    assert not api.received
    bridge.configure(caller_rules=CallerRules(actor_rule=ActorRule.RECORD))
    async with bridge:
        assert (await bridge.call("greet"))["structuredContent"]["current_actor"] == TOKENS_B[name]["act"]["sub"]


@pytest.mark.parametrize("changes", [{"act": None}, {"client_id": "stranger"}, {"azp": "stranger"}])
async def test_recording_actors_relaxes_no_other_check_of_token_b(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, changes: dict[str, Any]
) -> None:
    """RFC 8693 §1.1: without any actor it would be impersonation."""
    bridge.configure(caller_rules=CallerRules(actor_rule=ActorRule.RECORD))
    tenant.token_changes = changes
    async with bridge:
        assert "was not used" in await bridge.error_text("greet")
    assert not api.received


BLANKS = ["\u200b", "\u3164", "\u2800", " \u00a0"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("place", ["sub", "client_id", "jti", "org_id", "act"])
async def test_a_returned_token_with_a_blank_name_is_refused(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, place: str, blank: str
) -> None:
    tenant.token_changes = {place: {"sub": BRIDGE_CLIENT, "act": {"sub": blank}} if place == "act" else blank}
    async with bridge:
        assert "was not used" in await bridge.error_text("greet")
    assert not api.received
