"""One process exchanges, the others wait a moment; a cache that is down, slow or broken costs time and nothing else."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from on_behalf_of.exchange import guarded_cache, shared_tokens
from on_behalf_of.exchange.cache import ExchangedToken
from on_behalf_of.exchange.entry_cipher import EntryCipher
from on_behalf_of.exchange.errors import ExchangeRefused
from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.exchange.shared_tokens import Place, SharedTokens
from on_behalf_of.http_client.deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone
from tests.mcp_bridge.dict_cache import DictCache

PLACE = Place("digest", ("issuer", "alice", "api", "bridge", "read"))
SOON = 60.0  # seconds


def token(value: str, seconds: float = 300) -> ExchangedToken:
    verified: Any = None
    return ExchangedToken(value, verified, time.time() + seconds)


def process(cache: Any) -> SharedTokens:
    return SharedTokens(GuardedCache(cache), EntryCipher([b"k" * 32]))


def get(of: SharedTokens, exchange: Callable[[], ExchangedToken], *, seconds: float = SOON) -> str:
    deadline, interruption = Deadline.after(seconds), Interruption()
    return of.get_or_exchange(PLACE, token, exchange, deadline=deadline, interruption=interruption).value


def nobody_exchanges() -> ExchangedToken:
    raise AssertionError("it was there")


class Broken(DictCache):
    """Raises from the named methods."""

    def __init__(self, *methods: str) -> None:
        super().__init__()
        self.asked = 0
        for method in methods:
            setattr(self, method, self._fail)

    def _fail(self, *_: object, **__: object) -> Any:
        self.asked += 1
        raise ConnectionError("the server said: secret")


def test_processes_that_want_the_same_at_once_exchange_once() -> None:
    cache, exchanges = DictCache(), []
    began, may_end = threading.Event(), threading.Event()

    def exchange() -> ExchangedToken:
        exchanges.append(1)
        began.set()
        assert may_end.wait(SOON)
        return token("b")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(get, process(cache), exchange)
        assert began.wait(SOON)
        others = [pool.submit(get, process(cache), exchange) for _ in range(3)]
        may_end.set()
        assert {each.result() for each in (first, *others)} == {"b"}
    assert exchanges == [1]
    assert list(cache.entries) == ["token:digest"]


def test_whoever_gets_its_turn_looks_again_before_it_exchanges() -> None:
    """The one before it may have put the token there in between."""
    cache = DictCache()
    add = cache.add

    def add_late(key: str, value: Any, timeout: float | None) -> bool:
        cache.add = add  # type: ignore[method-assign]
        assert get(process(cache), lambda: token("b")) == "b"
        return add(key, value, timeout)

    cache.add = add_late  # type: ignore[method-assign]
    assert get(process(cache), nobody_exchanges) == "b"


def test_a_process_that_died_in_its_turn_costs_a_moment_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_tokens, "TURN", 0.2)
    cache = DictCache()
    cache.add("turn:digest", b"of a dead one", 3)  # and this cache would keep it for ever
    assert get(process(cache), lambda: token("b")) == "b"
    assert cache.entries["turn:digest"] == b"of a dead one"  # it was not ours to take away


def test_waiting_for_another_process_leaves_time_for_an_exchange_of_ones_own() -> None:
    cache = DictCache()
    cache.add("turn:digest", b"of a dead one", 3)
    deadline = Deadline.after(2)
    exchanged = process(cache).get_or_exchange(
        PLACE, token, lambda: token("b", deadline.remaining()), deadline=deadline, interruption=Interruption()
    )
    assert exchanged.usable_until > time.time()


def test_a_caller_who_has_gone_waits_for_no_other_process() -> None:
    cache, interruption = DictCache(), Interruption()
    cache.add("turn:digest", b"another's", 3)
    interruption.interrupt()
    with pytest.raises(CallerGone):
        process(cache).get_or_exchange(
            PLACE, token, nobody_exchanges, deadline=Deadline.after(SOON), interruption=interruption
        )


def test_a_failed_exchange_ends_the_turn_and_leaves_nothing() -> None:
    cache = DictCache()

    def refused() -> ExchangedToken:
        raise ExchangeRefused(403, "access_denied", "")

    with pytest.raises(ExchangeRefused):
        get(process(cache), refused)
    assert cache.entries == {}


@pytest.mark.parametrize("methods", [("get",), ("add",), ("set",), ("delete",), ("get", "set", "add", "delete")])
def test_whatever_the_cache_cannot_do_is_no_error(methods: tuple[str, ...]) -> None:
    cache = Broken(*methods)
    for _ in range(5):
        assert get(process(cache), lambda: token("b")) == "b"
    process(cache).forget(PLACE, token("b"))


def test_a_cache_that_cannot_be_read_makes_nobody_wait() -> None:
    """Its turns could never be ended, and what another process exchanges never be found."""
    cache = Broken("get")
    cache.entries["turn:digest"] = b"another's"
    began = time.monotonic()
    for _ in range(10):
        assert get(process(cache), lambda: token("b")) == "b"
    assert time.monotonic() - began < shared_tokens.TURN


def test_a_dead_cache_is_left_alone_and_an_outage_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    cache = Broken("get")
    mine = process(cache)
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            assert get(mine, lambda: token("b")) == "b"
    assert cache.asked == guarded_cache.FAILURES
    assert [line for line in caplog.messages if "The shared cache (reading)" in line] == caplog.messages
    assert len(caplog.messages) == 1
    assert "secret" not in caplog.text


def test_a_token_about_to_end_is_not_kept() -> None:
    cache = DictCache()
    assert get(process(cache), lambda: token("b", 30.5)) == "b"
    assert cache.entries == {}


def test_only_the_token_that_was_rejected_is_taken_out() -> None:
    cache = DictCache()
    mine = process(cache)
    get(mine, lambda: token("b"))
    mine.forget(PLACE, token("another"))
    assert get(mine, nobody_exchanges) == "b"
    mine.forget(PLACE, token("b"))
    assert cache.entries == {}


@pytest.mark.parametrize("keys", [[], [b"short"], [b"k" * 32, b""]])
def test_keys_of_another_length_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        EntryCipher(keys)
