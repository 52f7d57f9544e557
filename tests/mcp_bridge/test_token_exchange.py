"""RFC 8693 as the bridge's duty: what it asks, what it accepts back, and how it tells of a refusal."""

import json
from typing import Any

import pytest

from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT, rsa_key
from tests.mcp_bridge.fake_api import FakeApi
from tests.mcp_bridge.fake_tenant import ACCESS_TOKEN_TYPE, FakeTenant
from tests.mcp_bridge.loopback_server import Reply
from tests.mcp_bridge.running_bridge import CLIENT_SECRET, RunningBridge

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


async def test_the_inbound_token_never_reaches_the_api(bridge: RunningBridge, api: FakeApi) -> None:
    """MCP authorization §Access Token Privilege Restriction: no token passthrough."""
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("add_note", token, title="x")
        await bridge.call("list_notes", token)
    assert len(api.received) == 3
    for received in api.received:
        everything = f"{received.path}{dict(received.headers)}{received.body!r}"
        assert token not in everything
        assert received.headers["Authorization"].startswith("Bearer ey")
        assert "Cookie" not in received.headers


async def test_two_calls_of_one_user_cost_one_exchange(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        await bridge.call("greet", token)
        await bridge.call("list_notes", token)  # the same downstream scope
    assert len(tenant.forms) == 1


async def test_tools_that_do_not_call_the_api_cost_no_exchange(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        await bridge.call("whoami")
        await bridge.call("get_datetime")
    assert tenant.forms == []


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another audience": ({"aud": BRIDGE_AUDIENCE}, "another audience"),
    "another issuer": ({"iss": "https://elsewhere.example/"}, "another issuer"),
    "another user": ({"sub": "auth0|mallory"}, "another user's"),
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
async def test_a_token_other_than_the_one_asked_for_is_never_sent(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, lie: str
) -> None:
    """RFC 8693 §4.1, RFC 9068 §4: what comes back is verified like any other token."""
    tenant.token_changes, words = LIES[lie]
    async with bridge:
        text = await bridge.error_text("greet")
    assert "token that the tenant handed out" in text
    assert words in text
    assert api.received == []


async def test_a_lost_organization_is_noticed(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.token_changes = {"org_id": None}
    async with bridge:
        assert "another organization" in await bridge.error_text("greet", bridge.token(org_id="org_1"))


async def test_a_token_signed_with_a_foreign_key_is_refused(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.answer_changes = {"access_token": tenant.sign(tenant.claims(), key=rsa_key("thief"))}
    async with bridge:
        assert "does not publish" in await bridge.error_text("greet")


async def test_the_subject_token_given_back_is_refused(bridge: RunningBridge, tenant: FakeTenant, api: FakeApi) -> None:
    """A server that answers with what it got would make the bridge a passthrough."""
    token = bridge.token(aud=[BRIDGE_AUDIENCE, API_AUDIENCE])
    tenant.answer_changes = {"access_token": token}
    async with bridge:
        assert "very token" in await bridge.error_text("greet", token)
    assert api.received == []


async def test_an_agent_is_recognized_by_the_client_behind_it(bridge: RunningBridge, tenant: FakeTenant) -> None:
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
async def test_an_answer_that_rfc_8693_does_not_know_is_refused(
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


REPLIES: dict[str, tuple[Reply, str]] = {
    "400": (Reply(400, b'{"error":"invalid_request","error_description":"depth"}'), "400 invalid_request: depth"),
    "403": (Reply(403, b'{"error":"access_denied","error_description":"no grant"}'), "403 access_denied: no grant"),
    "401 of the bridge": (Reply(401, b'{"error":"invalid_client"}'), "bridge's own client credentials"),
    "401 of the bridge at Auth0": (Reply(401, b'{"error":"access_denied"}'), "MCP_AUTH0_CLIENT_SECRET"),
    "429": (Reply(429, b"{}", {"Retry-After": "7"}), "Try again in 7 seconds"),
    "429 with a date": (Reply(429, b"", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), "in a moment"),
    "500": (Reply(500, b"<html>secret</html>"), "it failed (500)"),
    "a redirect": (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), "status 302"),
    "not JSON": (Reply(200, b"<html>"), "not a JSON object"),
    "JSON with a name twice": (Reply(200, b'{"token_type":"Bearer","token_type":"DPoP"}'), "not a JSON object"),
    "too long": (Reply(200, b"x" * 1_500_000), "too long"),
    "broken off": (Reply(200, b"{", {"Content-Length": "50"}), "no proper HTTP"),
    "a description that is no text": (Reply(403, b'{"error":{},"error_description":[1]}'), "(403)"),
}


@pytest.mark.parametrize("case", REPLIES)
async def test_a_refused_exchange_says_who_refused_what_and_why(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, case: str
) -> None:
    tenant.reply, words = REPLIES[case]
    async with bridge:
        text = await bridge.error_text("greet")
    assert words in text
    assert "tenant" in text
    assert "secret" not in text.replace("MCP_AUTH0_CLIENT_SECRET", "")
    assert api.received == []


async def test_what_only_the_operator_can_mend_is_logged_for_them(
    bridge: RunningBridge, tenant: FakeTenant, caplog: pytest.LogCaptureFixture
) -> None:
    async with bridge:
        tenant.reply = Reply(403, b'{"error":"access_denied"}')
        await bridge.error_text("greet")
        assert "The tool greet failed" not in caplog.text
        tenant.reply = Reply(401, b'{"error":"invalid_client"}')
        await bridge.error_text("greet")
        assert "The tool greet failed" in caplog.text


async def test_a_failed_exchange_is_not_remembered(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token = bridge.token()
    async with bridge:
        tenant.reply = Reply(500)
        await bridge.error_text("greet", token)
        tenant.reply = None
        assert not (await bridge.call("greet", token)).get("isError")


async def test_what_the_tenant_echoes_is_cleaned(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """No token, no control character, and no more than a line of what somebody else wrote."""
    token = bridge.token()
    description = f"bad {token} \x1b[31m\u202e{'x ' * 5_000}{CLIENT_SECRET}"
    tenant.reply = Reply(403, json.dumps({"error": "access_denied", "error_description": description}).encode())
    async with bridge:
        text = await bridge.error_text("greet", token)
    assert token[-20:] not in text
    assert "bad [removed]" in text
    assert text.isprintable()
    assert len(text) < 600


async def test_a_silent_tenant_costs_no_more_than_the_deadline(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    bridge.configure(upstream_timeout=0.3)
    tenant.may_answer.clear()
    async with bridge:
        assert "did not answer in time" in await bridge.error_text("greet")
    assert api.received == []


async def test_an_unreachable_tenant_is_named(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.documents = lambda: {  # type: ignore[method-assign]
        path: document | {"token_endpoint": "http://127.0.0.1:9/token"} if "issuer" in document else document
        for path, document in FakeTenant.documents(tenant).items()
    }
    async with bridge:
        assert "tenant cannot exchange your access token now: it cannot be reached" in await bridge.error_text("greet")


async def test_less_than_the_asked_scopes_is_told_without_calling_the_api(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    """RFC 8693 §2.2.1: the granted scope may differ from the asked one."""
    tenant.grantable = {"read:private"}
    async with bridge:
        text = await bridge.error_text("add_note", title="x")
    assert "did not grant write:private" in text
    assert api.received == []


async def test_a_subject_token_with_four_actors_is_not_even_tried(bridge: RunningBridge, tenant: FakeTenant) -> None:
    act: dict[str, Any] = {"sub": "first"}
    for name in ("second", "third"):
        act = {"sub": name, "act": act}
    async with bridge:
        assert not (await bridge.call("greet", bridge.token(act=act))).get("isError")
        text = await bridge.error_text("greet", bridge.token(act={"sub": "fourth", "act": act}))
    assert "four actors" in text
    assert len(tenant.forms) == 1


async def test_a_clients_own_token_is_not_exchanged(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        assert "on a user's behalf" in await bridge.error_text("greet", bridge.token(sub="inspector@clients"))
    assert tenant.forms == []


def test_secrets_do_not_show_in_representations(bridge: RunningBridge) -> None:
    from mcp_bridge.caller import Caller
    from mcp_bridge.exchange_cache import ExchangedToken

    assert CLIENT_SECRET not in repr(bridge.configuration)
    assert "eyJ" not in repr(Caller(None, "eyJ-subject")) + repr(ExchangedToken("eyJ-b", None, 0))  # type: ignore[arg-type]
