"""While its clients move to another identifier, the bridge has two identifiers, each with its client at the tenant."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET, OLD_CLIENT, OLD_SECRET
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio
OLD = "http://localhost:3001/"


@pytest.fixture
def moving(bridge: RunningBridge, tenant: FakeTenant) -> RunningBridge:
    bridge.configure(
        token_rules=TokenRules(tenant.url, BRIDGE_AUDIENCE, other_audiences=(OLD,)),
        clients=(
            ConfidentialClient(BRIDGE_CLIENT, secret=CLIENT_SECRET),
            ConfidentialClient(OLD_CLIENT, secret=OLD_SECRET),
        ),
    )
    return bridge


@pytest.mark.parametrize(
    ("audience", "client"),
    [
        (BRIDGE_AUDIENCE, BRIDGE_CLIENT),
        (OLD, OLD_CLIENT),
        ([OLD, "https://tenant.example/userinfo"], OLD_CLIENT),
        ([OLD, BRIDGE_AUDIENCE], BRIDGE_CLIENT),  # the first of the configuration, not of the token
    ],
)
async def test_each_token_is_exchanged_by_the_client_of_its_audience(
    moving: RunningBridge, tenant: FakeTenant, audience: str | list[str], client: str
) -> None:
    async with moving:
        answer = await moving.call("greet", moving.token(aud=audience))
    assert answer["structuredContent"]["actor_chain"][0] == client
    assert [form["client_id"] for form in tenant.forms] == [client]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"client_id": BRIDGE_CLIENT, "act": {"sub": BRIDGE_CLIENT}}, "another client"),
        ({"act": {"sub": BRIDGE_CLIENT}}, "does not name this server"),
    ],
)
async def test_token_b_must_name_the_client_that_requested_it(
    moving: RunningBridge, tenant: FakeTenant, changes: dict[str, Any], complaint: str
) -> None:
    tenant.token_changes = changes
    async with moving:
        assert complaint in await moving.error_text("greet", moving.token(aud=OLD))


async def test_a_token_for_a_third_identifier_is_refused(moving: RunningBridge, tenant: FakeTenant) -> None:
    async with moving:
        for audience in ("http://localhost:3001", f"{BRIDGE_AUDIENCE}/", "http://localhost:8787/"):
            message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            assert (await moving.post(message, moving.token(aud=audience))).status_code == 401
    assert tenant.forms == []


async def test_only_the_first_identifier_is_published(moving: RunningBridge) -> None:
    async with moving:
        challenge = (await moving.post({})).headers["www-authenticate"]
    assert 'resource_metadata="http://localhost:3001/.well-known/oauth-protected-resource/mcp"' in challenge


async def test_processes_that_share_tokens_keep_the_two_clients_tokens_apart(
    moving: RunningBridge, tenant: FakeTenant
) -> None:
    moving.configure(cache_keys=(bytes(32),))
    moving.shared_cache = DictCache()
    tokens = {BRIDGE_CLIENT: moving.token(aud=BRIDGE_AUDIENCE), OLD_CLIENT: moving.token(aud=OLD)}
    async with moving:
        for _ in range(2):
            for client, token in tokens.items():
                answer = await moving.call("greet", token)
                assert answer["structuredContent"]["actor_chain"][0] == client
    assert sorted(form["client_id"] for form in tenant.forms) == sorted([BRIDGE_CLIENT, OLD_CLIENT])


@pytest.mark.parametrize(("identifier", "is_told"), [(OLD, True), ("urn:bridge", True), (BRIDGE_AUDIENCE, False)])
async def test_an_identifier_that_strict_clients_refuse_causes_a_warning_at_the_start(
    bridge: RunningBridge, caplog: pytest.LogCaptureFixture, identifier: str, is_told: bool
) -> None:
    bridge.configure(resource=replace(bridge.configuration.resource, resource=identifier))
    with caplog.at_level(logging.WARNING):
        async with bridge:
            pass
    told = [line for line in caplog.messages if f'AUTH0_AUDIENCE="{BRIDGE_AUDIENCE} {identifier}"' in line]
    assert len(told) == is_told
