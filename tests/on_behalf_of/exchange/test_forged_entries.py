"""Tokens from the shared cache are verified like tokens from the tenant, even if they decrypt."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.issuer import rsa_key
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.exchange.sharing import ALICE, MALLORY, Process, forged, greeted, key_of
from tests.on_behalf_of.mcp.fake_api import FakeApi

pytestmark = pytest.mark.anyio

FORGERIES: dict[str, Callable[[FakeTenant, str], Any]] = {
    "another user's": lambda tenant, _: tenant.delegated_token(sub=MALLORY),
    "signed by somebody else": lambda tenant, _: tenant.sign(tenant.claims(), key=rsa_key("thief")),
    "for another audience": lambda tenant, _: tenant.delegated_token(aud="https://elsewhere.example/"),
    "another issuer's": lambda tenant, _: tenant.delegated_token(iss="https://elsewhere.example/"),
    "another client's": lambda tenant, _: tenant.delegated_token(client_id="somebody"),
    "without an actor": lambda tenant, _: tenant.delegated_token(act=None),
    "with less scope": lambda tenant, _: tenant.delegated_token(scope=""),
    "another organization's": lambda tenant, _: tenant.delegated_token(org_id="org_evil"),
    "expired": lambda tenant, _: tenant.delegated_token(exp=int(time.time()) - 100),
    "about to end": lambda tenant, _: tenant.delegated_token(exp=int(time.time()) + 20),
    "the subject token": lambda _, token: token,
    "no token": lambda *_: "",
    "no text": lambda *_: 7,
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_from_the_cache_is_verified_like_a_fresh_one(
    process: Process, tenant: FakeTenant, api: FakeApi, cache: DictCache, forgery: str
) -> None:
    async with process() as bridge:
        token = bridge.token()
        content = {"access_token": FORGERIES[forgery](tenant, token)}
        cache.entries[key_of(token)] = forged(json.dumps(content).encode(), token, tenant)
        assert await greeted(bridge, token) == ALICE
    assert len(tenant.forms) == 1
    assert len(api.received) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"access_token":"x","access_token":"y"}',
        b'{"access_token":null}',
        b'{"access_token":"x","a":1}',
    ],
)
async def test_decrypted_entries_are_parsed_strictly(
    process: Process, tenant: FakeTenant, cache: DictCache, content: bytes
) -> None:
    async with process() as bridge:
        token = bridge.token()
        cache.entries[key_of(token)] = forged(content, token, tenant)
        assert await greeted(bridge, token) == ALICE
    assert len(tenant.forms) == 1


async def test_a_forged_entry_would_be_used_if_it_were_right(
    process: Process, tenant: FakeTenant, cache: DictCache
) -> None:
    """Check that the forgeries above fail because of their faults, and not because no forgery could succeed."""
    async with process() as bridge:
        token = bridge.token()
        content = json.dumps({"access_token": tenant.delegated_token()}).encode()
        cache.entries[key_of(token)] = forged(content, token, tenant)
        assert await greeted(bridge, token) == ALICE
    assert tenant.forms == []
