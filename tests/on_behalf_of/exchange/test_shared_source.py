"""One process exchanges, the others wait a moment; a cache that is down, slow or broken costs time and nothing else."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from on_behalf_of.exchange import guarded_cache, shared_source
from on_behalf_of.exchange.errors import ExchangeRefused
from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.exchange.kept_token import ExchangedToken, ExchangeKey
from on_behalf_of.exchange.shared_source import SharedSource
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.primitives.sealed_box import SealedBox
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.sources import SOON, Exchanging, Wish

KEY = ExchangeKey("digest", "api", ("read",), "bridge")
TOKEN, TURN = f"token:{KEY}", f"turn:{KEY}"  # the entries


def token(value: str, seconds: float = 300) -> ExchangedToken:
    verified: Any = None
    return ExchangedToken(value, verified, time.time() + seconds)


def process(cache: Any) -> SharedSource:
    cipher = SealedBox([b"k" * 32])
    return SharedSource(Exchanging(), GuardedCache(cache), cipher, verify=lambda value, _wanted: token(value))


def get(
    source: SharedSource,
    exchange: Callable[[], ExchangedToken],
    *,
    rejected: ExchangedToken | None = None,
    **wish: Any,
) -> str:
    wanted: Any = Wish(KEY, exchange, **wish)
    return source.token(wanted, rejected=rejected).token.value


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


def test_parallel_processes_exchange_the_same_token_once() -> None:
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
    assert list(cache.entries) == [TOKEN]


def test_a_process_checks_the_cache_again_before_it_exchanges() -> None:
    """The previous process may have stored the token in the meantime."""
    cache = DictCache()
    add = cache.add

    def add_late(key: str, value: Any, timeout: float | None) -> bool:
        cache.add = add  # type: ignore[method-assign]
        assert get(process(cache), lambda: token("b")) == "b"
        return add(key, value, timeout)

    cache.add = add_late  # type: ignore[method-assign]
    assert get(process(cache), nobody_exchanges) == "b"


def test_a_process_that_died_in_its_turn_causes_a_short_wait_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_source, "TURN", 0.2)
    cache = DictCache()
    cache.add(TURN, b"of a dead one", 3)  # and this cache would keep it for ever
    assert get(process(cache), lambda: token("b")) == "b"
    assert cache.entries[TURN] == b"of a dead one"  # it was not ours to take away


def test_waiting_for_another_process_leaves_time_for_an_own_exchange() -> None:
    cache = DictCache()
    cache.add(TURN, b"of a dead one", 3)
    deadline = Deadline.after(2)
    get(process(cache), lambda: token("b", 30 + deadline.remaining()), deadline=deadline)
    assert deadline.remaining() > 0


def test_a_disconnected_caller_does_not_wait_for_other_processes() -> None:
    cache, interruption = DictCache(), Interruption()
    cache.add(TURN, b"another's", 3)
    interruption.interrupt()
    with pytest.raises(CallerGone):
        get(process(cache), nobody_exchanges, interruption=interruption)


def test_a_failed_exchange_ends_the_turn_and_stores_nothing() -> None:
    cache = DictCache()

    def refused() -> ExchangedToken:
        raise ExchangeRefused(403, "access_denied", "")

    with pytest.raises(ExchangeRefused):
        get(process(cache), refused)
    assert cache.entries == {}


@pytest.mark.parametrize("methods", [("get",), ("add",), ("set",), ("delete",), ("get", "set", "add", "delete")])
def test_failures_of_the_cache_cause_no_errors(methods: tuple[str, ...]) -> None:
    cache = Broken(*methods)
    for _ in range(5):
        assert get(process(cache), lambda: token("b")) == "b"
    assert get(process(cache), lambda: token("c"), rejected=token("b")) == "c"


def test_an_unreadable_cache_causes_no_waits() -> None:
    """Turns could never end, and tokens of other processes could never be found."""
    cache = Broken("get")
    cache.entries[TURN] = b"another's"
    began = time.monotonic()
    for _ in range(10):
        assert get(process(cache), lambda: token("b")) == "b"
    assert time.monotonic() - began < shared_source.TURN


def test_a_dead_cache_is_not_asked_and_an_outage_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    cache = Broken("get")
    mine = process(cache)
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            assert get(mine, lambda: token("b")) == "b"
    assert cache.asked == guarded_cache.FAILURES
    assert [line for line in caplog.messages if "The shared cache (reading)" in line] == caplog.messages
    assert len(caplog.messages) == 1
    assert "secret" not in caplog.text


def test_a_token_about_to_expire_is_not_cached() -> None:
    cache = DictCache()
    assert get(process(cache), lambda: token("b", 30.5)) == "b"
    assert cache.entries == {}


def test_only_the_rejected_token_is_removed() -> None:
    cache = DictCache()
    mine = process(cache)
    get(mine, lambda: token("b"))
    assert get(mine, nobody_exchanges, rejected=token("another")) == "b"
    assert get(mine, lambda: token("b", 1), rejected=token("b")) == "b"  # too short to be kept
    assert cache.entries == {}


@pytest.mark.parametrize("keys", [[], [b"short"], [b"k" * 32, b""]])
def test_keys_of_another_length_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SealedBox(keys)
