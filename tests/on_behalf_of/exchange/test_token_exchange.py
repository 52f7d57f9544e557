"""RFC 8693 at the bridge: what it requests, what it accepts in return, and how it reports a refusal."""

from typing import Any

import pytest

from tests.docs.blocks import blocks
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT, rsa_key
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import ACCESS_TOKEN_TYPE, FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


async def test_the_request_asks_for_exactly_the_scopes_of_the_tool(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 8693 §2.1."""
    token = bridge.token()
    async with bridge:
        await bridge.call("add_note", token, title="x")
    assert tenant.forms == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token,
            "subject_token_type": ACCESS_TOKEN_TYPE,
            "requested_token_type": ACCESS_TOKEN_TYPE,
            "audience": API_AUDIENCE,
            "scope": "write:private",
            "client_id": BRIDGE_CLIENT,
            "client_secret": CLIENT_SECRET,
        }
    ]


async def test_two_calls_of_one_user_need_one_exchange(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("greet", token)
        await bridge.call("list_notes", token)  # the same downstream scope
    assert len(tenant.forms) == 1


async def test_tools_that_do_not_call_the_api_need_no_exchange(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        await bridge.call("whoami")
        await bridge.call("get_datetime")
    assert tenant.forms == []


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another audience": ({"aud": BRIDGE_AUDIENCE}, "another audience"),
    "another issuer": ({"iss": "https://elsewhere.example/"}, "another issuer"),
    "another user": ({"sub": "auth0|mallory"}, "another user"),
    "another organization": ({"org_id": "org_evil"}, "another organization"),
    "no actor": ({"act": None}, "current actor"),
    "another actor": ({"act": {"sub": "somebody", "act": {"sub": BRIDGE_CLIENT}}}, "current actor"),
    "a malformed actor": ({"act": {"sub": 5}}, "act claim"),
    "another client": ({"client_id": "somebody"}, "another client"),
    "a machine's token": ({"sub": BRIDGE_CLIENT}, "not a user's"),
    "expired": ({"exp": 1_000_000_000}, "expired"),
    "bound to a key": ({"cnf": {"jkt": "x"}}, "bound"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_other_than_the_requested_one_is_never_sent(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, lie: str
) -> None:
    """RFC 8693 §4.1, RFC 9068 §4: what comes back is verified like any other token."""
    tenant.token_changes, words = LIES[lie]
    async with bridge:
        text = await bridge.error_text("greet")
    assert "token that the tenant issued" in text
    assert words in text
    assert api.received == []


async def test_a_missing_organization_is_detected(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.token_changes = {"org_id": None}
    async with bridge:
        assert "another organization" in await bridge.error_text("greet", bridge.token(org_id="org_1"))


async def test_a_token_signed_with_a_foreign_key_is_refused(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.answer_changes = {"access_token": tenant.sign(tenant.claims(), key=rsa_key("thief"))}
    async with bridge:
        assert "does not publish" in await bridge.error_text("greet")


async def test_an_agent_is_recognized_by_its_client(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """For agent-linked clients, act.sub is the agent and act.client_id the client."""
    tenant.token_changes = {"act": {"sub": "agt_1", "client_id": BRIDGE_CLIENT, "act": {"sub": "inspector"}}}
    async with bridge:
        result = await bridge.call("greet")
    assert result["structuredContent"]["current_actor"] == "agt_1"


MALFORMED: dict[str, dict[str, Any]] = {
    "a token bound by DPoP": {"token_type": "DPoP"},
    "no token type": {"token_type": None},
    "a refresh token": {"issued_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
    "no issued_token_type": {"issued_token_type": None},
    "no access token": {"access_token": None},
    "a list for a token": {"access_token": ["x"]},
}


@pytest.mark.parametrize("form", MALFORMED)
async def test_a_response_that_violates_rfc_8693_is_refused(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, form: str
) -> None:
    """RFC 8693 §2.2.1."""
    tenant.answer_changes = MALFORMED[form]
    async with bridge:
        assert "tenant's answer to the token exchange cannot be used" in await bridge.error_text("greet")
    assert api.received == []


async def test_the_token_type_is_case_insensitive(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """RFC 6749 §5.1."""
    tenant.answer_changes = {"token_type": "bearer"}
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")


async def test_the_request_matches_the_documentation(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """docs/flow.md."""
    shown = blocks("docs/flow.md", "json")[1].json
    token_a = bridge.token()
    async with bridge:
        await bridge.call("greet", token_a)
    (sent,) = tenant.forms
    proof = {name: sent[name] for name in ("client_id", "client_secret")}
    assert sent == shown | {"subject_token": token_a} | proof
