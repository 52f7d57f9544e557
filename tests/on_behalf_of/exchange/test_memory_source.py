"""Exchanged tokens are cached for their user only, until either token expires, and exchanged once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from on_behalf_of.exchange.errors import ExchangeRefused, TenantUnavailable
from on_behalf_of.exchange.kept_token import ExchangedToken, ExchangeKey
from on_behalf_of.exchange.memory_source import MemorySource
from on_behalf_of.exchange.token_source import Origin
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone
from tests.on_behalf_of.exchange.sources import SOON, Exchanging, Wish


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Exchange:
    """Counts its runs; `value` tells from which run a token comes."""

    def __init__(self, usable_until: float = 2_000.0) -> None:
        self.runs = 0
        self.usable_until = usable_until
        self.error: Exception | None = None
        self.began, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def __call__(self) -> ExchangedToken:
        self.runs += 1
        self.began.set()
        assert self.may_end.wait(SOON)
        if self.error:
            raise self.error
        token: Any = None
        return ExchangedToken(str(self.runs), token, self.usable_until)


def key(user: str = "alice", scope: tuple[str, ...] = ("read",)) -> ExchangeKey:
    return ExchangeKey(user, "api", scope, "bridge")


def memory(**changes: Any) -> MemorySource:
    return MemorySource(Exchanging(), **{"clock": Clock(), **changes})


def get(source: MemorySource, exchange: Exchange, of: ExchangeKey | None = None, **wish: Any) -> str:
    return obtain(source, exchange, of, **wish).value


def obtain(
    source: MemorySource,
    exchange: Callable[[], ExchangedToken],
    of: ExchangeKey | None = None,
    *,
    rejected: ExchangedToken | None = None,
    **wish: Any,
) -> ExchangedToken:
    wanted: Any = Wish(of or key(), exchange, **wish)
    return source.token(wanted, rejected=rejected).token


def test_a_token_is_reused_until_thirty_seconds_before_either_token_expires() -> None:
    source, exchange = memory(clock=(clock := Clock())), Exchange(usable_until=2_000)
    assert [get(source, exchange), get(source, exchange)] == ["1", "1"]
    clock.now = 1_969.9
    assert get(source, exchange) == "1"
    clock.now = 1_970
    assert get(source, exchange) == "2"


def test_a_token_about_to_expire_is_used_once_and_not_cached() -> None:
    source, exchange = memory(), Exchange(usable_until=1_020)
    assert [get(source, exchange), get(source, exchange)] == ["1", "2"]


@pytest.mark.parametrize(
    "other",
    [
        key("bob"),
        key(scope=("write",)),
        ExchangeKey("alice", "other-api", ("read",), "bridge"),
        ExchangeKey("alice", "api", ("read",), "other-client"),
    ],
)
def test_tokens_are_separate_by_user_audience_scope_and_client(other: ExchangeKey) -> None:
    source, exchange = memory(), Exchange()
    assert get(source, exchange) != get(source, exchange, other)


def test_parallel_callers_cause_one_exchange() -> None:
    source, exchange = memory(), Exchange()
    exchange.may_end.clear()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(get, source, exchange) for _ in range(20)]
        assert exchange.began.wait(SOON)
        exchange.may_end.set()
        assert {answer.result() for answer in answers} == {"1"}
    assert exchange.runs == 1


def test_a_failed_exchange_fails_all_waiters_and_is_not_cached() -> None:
    source, exchange = memory(), Exchange()
    exchange.error = ExchangeRefused(403, "access_denied", "")
    exchange.may_end.clear()
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(get, source, exchange) for _ in range(5)]
        assert exchange.began.wait(SOON)
        exchange.may_end.set()
        for answer in answers:
            assert isinstance(answer.exception(), ExchangeRefused)
    exchange.error = None
    assert get(source, exchange) == str(exchange.runs)


def test_one_users_slow_exchange_does_not_delay_other_users() -> None:
    source, slow, quick = memory(), Exchange(), Exchange()
    slow.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, source, slow)
        assert slow.began.wait(SOON)
        assert get(source, quick, key("bob")) == "1"
        slow.may_end.set()
        assert waiting.result() == "1"


def test_a_waiter_keeps_its_own_deadline() -> None:
    source, exchange = memory(), Exchange()
    exchange.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, source, exchange)
        assert exchange.began.wait(SOON)
        with pytest.raises(TenantUnavailable):
            get(source, exchange, deadline=Deadline.after(0.01))
        exchange.may_end.set()
        assert first.result() == "1"  # who gave up did not break it


def test_the_cache_is_bounded_and_evicts_the_least_recently_used_token() -> None:
    source, exchange = memory(max_entries=2), Exchange()
    get(source, exchange, key("a"))
    get(source, exchange, key("b"))
    get(source, exchange, key("a"))
    get(source, exchange, key("c"))
    assert get(source, exchange, key("a")) == "1"
    assert get(source, exchange, key("b")) == "4"


def test_expired_tokens_are_removed_even_if_nobody_asks_for_them() -> None:
    clock = Clock()
    source = memory(clock=clock)
    for number in range(20):
        get(source, Exchange(), key(f"user {number}"))
    lasting = Exchange(usable_until=9_000.0)
    get(source, lasting, key("alice"))
    clock.now = 1_970.0  # the margin before the end of the twenty
    get(source, Exchange(usable_until=9_000.0), key("bob"))
    assert len(source._tokens) == 2
    get(source, lasting, key("alice"))
    assert lasting.runs == 1


def test_a_token_that_the_api_rejected_is_dropped_but_not_its_successor() -> None:
    source, exchange = memory(), Exchange()
    rejected = obtain(source, exchange)
    assert get(source, exchange, rejected=rejected) == "2"
    assert get(source, exchange, rejected=rejected) == "2"  # a slower call that had been given the same token
    assert get(source, exchange) == "2"


def test_an_interrupt_in_one_caller_does_not_block_the_others() -> None:
    source = memory()

    def interrupted() -> ExchangedToken:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain(source, interrupted)
    assert get(source, Exchange()) == "1"


def test_if_the_exchanging_caller_disconnects_a_waiter_starts_again() -> None:
    source, exchange = memory(), Exchange()
    exchange.error = CallerGone()
    exchange.may_end.clear()
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(get, source, exchange)
        assert exchange.began.wait(SOON)
        others = [pool.submit(get, source, Exchange()) for _ in range(4)]
        exchange.may_end.set()
        assert isinstance(first.exception(), CallerGone)
        assert {other.result() for other in others} == {"1"}


def test_a_waiter_can_disconnect_too() -> None:
    source, exchange, interruption = memory(), Exchange(), Interruption()
    exchange.may_end.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, source, exchange)
        assert exchange.began.wait(SOON)
        second = pool.submit(get, source, exchange, interruption=interruption)
        interruption.interrupt()
        assert isinstance(second.exception(SOON), CallerGone)
        exchange.may_end.set()
        assert first.result() == "1"
    assert exchange.runs == 1


def test_only_the_call_that_exchanged_is_recorded_as_exchanged() -> None:
    source, exchange = memory(), Exchange()
    exchange.may_end.clear()
    wanted: Any = Wish(key(), exchange)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(source.token, wanted)
        assert exchange.began.wait(SOON)
        others = [pool.submit(source.token, wanted) for _ in range(4)]
        exchange.may_end.set()
        assert first.result().origin is Origin.TENANT
        assert {other.result().origin for other in others} == {Origin.MEMORY}
    assert source.token(wanted).origin is Origin.MEMORY
