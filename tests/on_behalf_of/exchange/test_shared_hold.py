"""Processes that share a cache also share how long a throttling tenant is left alone."""

import pytest

from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.exchange.shared_hold import SharedHold
from on_behalf_of.primitives.retry_after import LONGEST
from on_behalf_of.primitives.sealed_box import SealedBox
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.http_client.world import World

KEY = b"k" * 32


@pytest.fixture
def world() -> World:
    return World()


def shared(cache: object, world: World, issuer: str = "https://tenant.example/", key: bytes = KEY) -> SharedHold:
    return SharedHold(GuardedCache(cache), SealedBox([key]), issuer, clock=world.wall)  # type: ignore[arg-type]


def test_other_processes_learn_of_a_hold(world: World) -> None:
    cache = DictCache()
    first, second = (world.throttle(shared(cache, world)) for _ in range(2))
    first.refused({"Retry-After": "30"})
    assert world.asked_at(second) == pytest.approx(30)


def test_a_waiting_process_learns_of_a_new_hold(world: World) -> None:
    cache = DictCache()
    first, second = (world.throttle(shared(cache, world)) for _ in range(2))
    second.refused({"Retry-After": "2"})
    cache.entries.clear()
    first._hold(0)
    shared(cache, world).keep(world.wall() + 9)
    assert world.asked_at(second) == pytest.approx(9)


def test_a_machine_with_a_slow_clock_keeps_the_longest_hold_too(world: World) -> None:
    cache = DictCache()
    shared(cache, world).keep(world.wall() + LONGEST + 30)
    assert world.asked_at(world.throttle(shared(cache, world))) == pytest.approx(LONGEST + 30)


def test_each_tenant_has_its_own_hold(world: World) -> None:
    cache = DictCache()
    world.throttle(shared(cache, world)).refused({"Retry-After": "30"})
    assert world.asked_at(world.throttle(shared(cache, world, "https://other.example/"))) == 0


def test_an_earlier_end_does_not_replace_a_later_one(world: World) -> None:
    cache = DictCache()
    hold = shared(cache, world)
    hold.keep(world.wall() + 30)
    hold.keep(world.wall() + 5)
    assert hold.until() == world.wall() + 30
    assert list(cache.seconds.values()) == [30]


def test_a_hostile_cache_causes_no_hold(world: World) -> None:
    cache = DictCache()
    hold = shared(cache, world)
    hold.keep(world.wall() + 30)
    (key,) = cache.entries
    foreign = shared(DictCache(), world, key=b"x" * 32)
    foreign.keep(world.wall() + 99)
    (forged,) = foreign._cache._cache.entries.values()  # type: ignore[attr-defined] # a DictCache
    cipher, about = SealedBox([KEY]), hold._about
    lies = [
        *(forged, b"", b"x" * 100, "text", 5, None, cache.entries[key][:-1]),
        *(cipher.seal(content, about) for content in (b"", b"[]", b'{"until": "x"}', b'{"until": true}', b"{}")),
        cipher.seal(b'{"until": 1e400}', about),
    ]
    for lie in lies:
        cache.entries[key] = lie
        assert world.asked_at(world.throttle(shared(cache, world))) == world.now - 1_000
    cache.entries[key] = cipher.seal(b'{"until": 9e15}', about)  # by somebody who has the key
    before = world.now
    world.asked_at(world.throttle(shared(cache, world)))
    assert world.now - before == 0


def test_without_its_cache_each_process_keeps_its_own_hold(world: World) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise OSError(name)

    throttle = world.throttle(shared(Broken(), world))
    throttle.refused({"Retry-After": "30"})
    assert world.asked_at(throttle) == pytest.approx(30)
