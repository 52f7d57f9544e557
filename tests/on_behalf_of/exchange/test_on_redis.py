"""The shared cache in practice: Django's cache framework on a real Redis, which dies, freezes, and comes back."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.core.cache.backends.redis import RedisCache

from on_behalf_of.environment.shared_cache import SharedCache
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.shared_source import SharedSource
from tests.groups import REDIS_URL
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.exchange.test_shared_source import get, nobody_exchanges, process, token
from tests.on_behalf_of.mcp.running_bridge import RunningBridge
from tests.redis_server import RedisServer, own_prefix, running_redis

SOON = 60.0  # seconds


def cache_at(url: str, prefix: str) -> RedisCache:
    """Return the cache as a process of the bridge has it."""
    settings = SharedCache(url, (b"k" * 32,), prefix).settings()
    return RedisCache(settings.pop("LOCATION"), settings)


@pytest.fixture
def new_process() -> Iterator[Callable[[], SharedSource]]:
    prefix = own_prefix()
    yield lambda: process(cache_at(REDIS_URL, prefix))
    with redis.Redis.from_url(REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}:*"):
            client.delete(key)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.mark.redis
def test_one_process_finds_what_another_stored(new_process: Callable[[], SharedSource]) -> None:
    assert get(new_process(), lambda: token("b")) == "b"
    assert get(new_process(), nobody_exchanges) == "b"


@pytest.mark.redis
def test_ten_parallel_processes_exchange_once(new_process: Callable[[], SharedSource]) -> None:
    exchanges, barrier = [], threading.Barrier(10)

    def exchange() -> ExchangedToken:
        exchanges.append(1)
        return token("b")

    def run(_: int) -> str:
        mine = new_process()
        barrier.wait()
        return get(mine, exchange)

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(run, range(10))) == {"b"}
    assert exchanges == [1]


@pytest.mark.redis
def test_only_bytes_are_accepted() -> None:
    """Django's own serializer would unpickle what it finds."""
    cache = cache_at(REDIS_URL, own_prefix())
    for value in (1, "text", {"a": 1}, None, bytearray(b"x")):
        with pytest.raises(TypeError):
            cache.set("x", value, 5)
    cache.set("x", b"\x80\x04.", 5)
    assert cache.get("x") == b"\x80\x04."
    cache.delete("x")


@pytest.mark.redis_server
def test_calls_succeed_while_redis_is_dead_and_it_is_used_again_once_it_is_back(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (process(cache_at(server.url, "p")) for _ in range(2))
    assert get(first, lambda: token("b")) == "b"
    server.kill()
    with caplog.at_level(logging.WARNING):
        for number in range(20):
            assert get(first, lambda number=number: token(f"c{number}")) == f"c{number}"  # type: ignore[misc]
        assert 1 <= len(caplog.messages) <= 2  # for reading, and for writing
        server.start()
        eventually(lambda: finds_something(first))
        assert finds_something(second)
    assert [line for line in caplog.messages if "answers again" in line]


@pytest.mark.redis_server
def test_a_hanging_redis_costs_one_short_wait_and_no_error(server: RedisServer) -> None:
    mine = process(cache_at(server.url, "p"))
    assert get(mine, lambda: token("b")) == "b"
    with server.frozen():
        began = time.monotonic()
        for _ in range(50):
            assert get(mine, lambda: token("c")) == "c"
        assert time.monotonic() - began < 10  # 50 times all of its patience would be 50 seconds
    eventually(lambda: finds_something(mine))


@pytest.mark.redis_server
def test_a_read_only_redis_is_still_read(server: RedisServer) -> None:
    mine, other = (process(cache_at(server.url, "p")) for _ in range(2))
    assert get(mine, lambda: token("b")) == "b"
    with server.client() as client:
        client.replicaof("127.0.0.1", "1")  # of nobody: what it holds stays, and writes are refused
    assert get(other, nobody_exchanges) == "b"
    with server.client() as client:
        client.replicaof("NO", "ONE")


@pytest.mark.redis_server
@pytest.mark.anyio
async def test_tool_calls_continue_when_redis_dies(
    bridge: RunningBridge, tenant: FakeTenant, server: RedisServer
) -> None:
    bridge.shared_cache = cache_at(server.url, "p")
    bridge.configure(cache_keys=(b"k" * 32,))
    async with bridge:
        tokens = [bridge.token(sub=f"user-{number}") for number in range(10)]
        await bridge.call("greet", tokens[0])
        server.kill()
        for number, token in enumerate(tokens):
            result = await bridge.call("greet", token)
            assert result["structuredContent"]["subject"] == f"user-{number}"
    assert len(tenant.forms) == 10  # the first user's token is still in the process's own memory


def finds_something(mine: SharedSource) -> bool:
    new = secrets.token_hex(4)
    return get(mine, lambda: token(new)) != new


def eventually(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)
