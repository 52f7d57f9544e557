"""An attacker in control of the shared cache can only slow calls down: no entry ever serves another user."""

from collections.abc import Callable
from typing import Any

import pytest

from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.primitives.sealed_box import SealedBox
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.exchange.sharing import ALICE, FIRST, MALLORY, SECOND, Process, greeted, key_of
from tests.on_behalf_of.mcp.fake_api import FakeApi

pytestmark = pytest.mark.anyio


async def test_a_token_exchanged_by_one_process_serves_the_others(
    process: Process, tenant: FakeTenant, cache: DictCache
) -> None:
    async with process() as first, process() as second:
        token = first.token()
        assert [await greeted(first, token), await greeted(second, token)] == [ALICE, ALICE]
    assert len(tenant.forms) == 1
    assert [call.exchange for bridge in (first, second) for call in bridge.calls] == ["exchanged", "cached"]
    (key,) = cache.entries  # and no turn is left behind
    assert 230 < (cache.seconds[key] or 0) <= 270  # the end of both tokens, less 30 seconds


async def test_no_token_is_in_the_cache_in_plain_text(process: Process, cache: DictCache) -> None:
    async with process() as bridge:
        await greeted(bridge, bridge.token())
    everything = b"".join(key.encode() + value for key, value in cache.entries.items())
    assert b"eyJ" not in everything
    assert ALICE.encode() not in everything


def swapped(cache: DictCache, alice: str, mallory: str) -> None:
    cache.entries[alice], cache.entries[mallory] = cache.entries[mallory], cache.entries[alice]


def set_to(make: Callable[[bytes], Any]) -> Callable[[DictCache, str, str], None]:
    def put(cache: DictCache, alice: str, _mallory: str) -> None:
        cache.entries[alice] = make(cache.entries[alice])

    return put


def flipped(position: int) -> Callable[[DictCache, str, str], None]:
    def flip(entry: bytes) -> bytes:
        changed = bytearray(entry)
        changed[position] ^= 1
        return bytes(changed)

    return set_to(flip)


HOSTILITIES: dict[str, Callable[[DictCache, str, str], None]] = {
    "another user's entry": swapped,
    "cut short": set_to(lambda entry: entry[:-1]),
    "cut to its head": set_to(lambda entry: entry[:9]),
    "empty": set_to(lambda _: b""),
    "longer": set_to(lambda entry: entry + b"\0"),
    "much longer": set_to(lambda entry: entry * 1_000),
    "another version": flipped(0),
    "another key id": flipped(1),
    "another nonce": flipped(9),
    "another ciphertext": flipped(30),
    "another tag": flipped(-1),
    "encrypted with a foreign key": set_to(lambda _: SealedBox([SECOND]).seal(b"{}", b"")),
    "made up": set_to(lambda _: b"x" * 200),
    "text": set_to(lambda _: "eyJ"),
    "a number": set_to(lambda _: 1),
    "a list": set_to(lambda _: [b"x"]),
    "a mutable copy": set_to(bytearray),
}


@pytest.mark.parametrize("hostility", HOSTILITIES)
async def test_a_tampered_entry_counts_as_missing(
    process: Process, tenant: FakeTenant, cache: DictCache, hostility: str
) -> None:
    async with process() as first:
        alice, mallory = first.token(), first.token(sub=MALLORY)
        await greeted(first, alice)
        await greeted(first, mallory)
    keys = cache.tokens()
    HOSTILITIES[hostility](cache, keys[0], keys[1])
    async with process() as second:
        assert await greeted(second, alice) == ALICE
        assert await greeted(second, mallory) == MALLORY
    assert len(tenant.forms) == (4 if hostility == "another user's entry" else 3)


async def test_keys_can_be_rotated_without_losing_cached_tokens(process: Process, tenant: FakeTenant) -> None:
    async with process() as before, process(cache_keys=(SECOND, FIRST)) as after, process(cache_keys=(SECOND,)) as last:
        old, new = before.token(), before.token(sub=MALLORY)
        await greeted(before, old)
        await greeted(after, old)  # all keys decrypt
        assert len(tenant.forms) == 1
        await greeted(after, new)
        await greeted(last, new)  # the first encrypts
        assert len(tenant.forms) == 2
        await greeted(last, old)  # and what a withdrawn key encrypted is gone
        assert len(tenant.forms) == 3


async def test_another_client_of_the_same_bridge_has_its_own_entries(
    process: Process, tenant: FakeTenant, cache: DictCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.on_behalf_of.exchange.client_proofs.BRIDGE_CLIENT", "other")
    async with process(clients=(ConfidentialClient("other", secret=CLIENT_SECRET),)) as other:
        await greeted(other, token := other.token())
    monkeypatch.undo()
    async with process() as bridge:
        await greeted(bridge, token)
    assert len(cache.tokens()) == len(tenant.forms) == 2


async def test_a_token_that_the_api_revoked_is_replaced_for_all_processes(
    process: Process, tenant: FakeTenant, api: FakeApi
) -> None:
    async with process() as first, process() as second, process() as third:
        token = first.token()
        await greeted(first, token)
        await greeted(second, token)
        api.refused = {api.received[0].headers["Authorization"]}
        assert [await greeted(bridge, token) for bridge in (first, second, third)] == [ALICE] * 3
    assert len(tenant.forms) == 2


async def test_invalid_entries_cause_one_log_line_without_their_content(
    process: Process, cache: DictCache, caplog: pytest.LogCaptureFixture
) -> None:
    async with process() as bridge:
        for number in range(5):
            token = bridge.token(sub=f"user-{number}")
            cache.entries[key_of(token)] = b"\x01secret" * 20
            await greeted(bridge, token)
    lines = [line for line in caplog.messages if "shared cache" in line]
    assert len(lines) == 1
    assert "secret" not in lines[0]
