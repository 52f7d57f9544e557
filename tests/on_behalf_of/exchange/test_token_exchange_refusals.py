"""The message for a failed exchange: who refused what, and why (RFC 8693 §2.2.2)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from on_behalf_of.exchange.client_authentication import AuthenticationMethod, ConfidentialClient
from on_behalf_of.resource_server.who_may_present import CallerRules
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio


REPLIES: dict[str, tuple[Reply, str]] = {
    "400": (Reply(400, b'{"error":"invalid_request","error_description":"depth"}'), "400 invalid_request: depth"),
    "403": (Reply(403, b'{"error":"access_denied","error_description":"no grant"}'), "403 access_denied: no grant"),
    "401 of the bridge": (Reply(401, b'{"error":"invalid_client"}'), "server's own client credentials"),
    "401 of the bridge at Auth0": (Reply(401, b'{"error":"access_denied"}'), "secret or private key"),
    "429": (Reply(429, b"{}", {"Retry-After": "7"}), "Try again in 7 seconds"),
    "429 with a date": (Reply(429, b"", {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), "in 3600 seconds"),
    "429 with Auth0's time": (Reply(429, b"", {"x-ratelimit-reset": "4096252080"}), "in 3600 seconds"),
    "429 without a time": (Reply(429, b""), "in a moment"),
    "500": (Reply(500, b"<html>secret</html>"), "it failed (500)"),
    "a redirect": (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), "status 302"),
    "not JSON": (Reply(200, b"<html>"), "not a JSON object"),
    "JSON with a name twice": (Reply(200, b'{"token_type":"Bearer","token_type":"DPoP"}'), "not a JSON object"),
    "too long": (Reply(200, b"x" * 1_500_000), "too long"),
    "broken off": (Reply(200, b"{", {"Content-Length": "50"}), "not valid HTTP"),
    "a description that is no text": (Reply(403, b'{"error":{},"error_description":[1]}'), "(403)"),
}


@pytest.mark.parametrize("case", REPLIES)
async def test_a_refused_exchange_names_who_refused_what_and_why(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi, case: str
) -> None:
    tenant.reply, words = REPLIES[case]
    async with bridge:
        text = await bridge.error_text("greet")
    assert words in text
    assert "tenant" in text
    assert "secret" not in text.replace("its secret or private key", "")
    assert api.received == []


async def test_errors_that_only_the_operator_can_fix_are_logged(
    bridge: RunningBridge, tenant: FakeTenant, caplog: pytest.LogCaptureFixture
) -> None:
    async with bridge:
        tenant.reply = Reply(403, b'{"error":"access_denied"}')
        await bridge.error_text("greet")
        assert "The tool greet failed" not in caplog.text
        tenant.reply = Reply(401, b'{"error":"invalid_client"}')
        await bridge.error_text("greet")
        assert "The tool greet failed" in caplog.text


async def test_a_failed_exchange_is_not_cached(bridge: RunningBridge, tenant: FakeTenant) -> None:
    token = bridge.token()
    async with bridge:
        tenant.reply = Reply(500)
        await bridge.error_text("greet", token)
        tenant.reply = None
        assert not (await bridge.call("greet", token)).get("isError")


async def test_text_that_the_tenant_echoes_is_cleaned(bridge: RunningBridge, tenant: FakeTenant) -> None:
    """At most one line of foreign text, without tokens or control characters."""
    token = bridge.token()
    description = f"bad {token} \x1b[31m\u202e{'x ' * 5_000}{CLIENT_SECRET}"
    tenant.reply = Reply(403, json.dumps({"error": "access_denied", "error_description": description}).encode())
    async with bridge:
        text = await bridge.error_text("greet", token)
    assert token[-20:] not in text
    assert "bad [removed]" in text
    assert text.isprintable()
    assert len(text) < 600


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
async def test_a_short_secret_that_the_tenant_echoes_is_not_shown(
    bridge: RunningBridge, tenant: FakeTenant, method: str
) -> None:
    client = ConfidentialClient("b", AuthenticationMethod(method), secret="s3cret & word")
    proof = client.proof(tenant.url)
    sent = f"{proof.headers} {proof.form} {urlencode(proof.form)}"
    tenant.reply = Reply(403, json.dumps({"error": client.secret, "error_description": sent}).encode())
    bridge.configure(clients=(client,))
    async with bridge:
        text = await bridge.error_text("greet")
    assert "[removed]" in text
    assert not [secret for secret in client.secrets if secret in text]


async def test_a_silent_tenant_is_abandoned_at_the_deadline(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    bridge.configure(upstream_timeout=0.3)
    tenant.may_answer.clear()
    async with bridge:
        assert "did not answer in time" in await bridge.error_text("greet")
    assert api.received == []


async def test_an_unreachable_tenant_is_reported(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.documents = lambda: {  # type: ignore[method-assign]
        path: document | {"token_endpoint": "http://127.0.0.1:9/token"} if "issuer" in document else document
        for path, document in FakeTenant.documents(tenant).items()
    }
    async with bridge:
        assert "tenant cannot exchange your access token now: it cannot be reached" in await bridge.error_text("greet")


async def test_missing_scopes_are_reported_without_calling_the_api(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    """RFC 8693 §2.2.1: the granted scope may differ from the asked one."""
    tenant.grantable = {"read:private"}
    async with bridge:
        text = await bridge.error_text("add_note", title="x")
    assert "did not grant write:private" in text
    assert api.received == []


async def test_a_subject_token_with_four_actors_is_not_sent(bridge: RunningBridge, tenant: FakeTenant) -> None:
    act: dict[str, Any] = {"sub": "first"}
    for name in ("second", "third"):
        act = {"sub": name, "act": act}
    async with bridge:
        assert not (await bridge.call("greet", bridge.token(client_id="third", act=act))).get("isError")
        deep = bridge.token(client_id="fourth", act={"sub": "fourth", "act": act})
        text = await bridge.error_text("greet", deep)
    assert "four actors" in text
    assert len(tenant.forms) == 1


async def test_a_clients_own_token_is_not_exchanged(bridge: RunningBridge, tenant: FakeTenant) -> None:
    bridge.configure(caller_rules=CallerRules(allow_machines=True))
    async with bridge:
        assert "on a user's behalf" in await bridge.error_text("greet", bridge.token(sub="inspector@clients"))
    assert tenant.forms == []


def test_secrets_do_not_show_in_representations(bridge: RunningBridge) -> None:
    from on_behalf_of.exchange.caller import Caller
    from on_behalf_of.exchange.kept_token import ExchangedToken

    assert CLIENT_SECRET not in repr(bridge.configuration)
    assert "eyJ" not in repr(Caller(None, "eyJ-subject")) + repr(ExchangedToken("eyJ-b", None, 0))  # type: ignore[arg-type]
