"""Exchanged tokens are kept for their user alone, for as long as both tokens last, and exchanged once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from on_behalf_of.exchange.cache import ExchangeCache, ExchangedToken, ExchangeKey
from on_behalf_of.exchange.errors import ExchangeRefused, TenantUnavailable
from on_behalf_of.http_client.deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone

SOON = 60.0  # seconds that a test may take


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Exchange:
    """Counts how often it runs; `value` tells which run a token comes from."""

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


def get(cache: ExchangeCache, exchange: Exchange, of: ExchangeKey | None = None, seconds: float = SOON) -> str:
    return obtain(cache, exchange, of, seconds).value


def obtain(
    cache: ExchangeCache, exchange: Exchange, of: ExchangeKey | None = None, seconds: float = SOON
) -> ExchangedToken:
    deadline, interruption = Deadline.after(seconds), Interruption()
    return cache.get_or_exchange(of or key(), exchange, deadline=deadline, interruption=interruption)


def test_a_token_is_handed_out_until_thirty_seconds_before_the_first_of_both_ends() -> None:
    cache, exchange = ExchangeCache(clock=(clock := Clock())), Exchange(usable_until=2_000)
    assert [get(cache, exchange), get(cache, exchange)] == ["1", "1"]
    clock.now = 1_969.9
    assert get(cache, exchange) == "1"
    clock.now = 1_970
    assert get(cache, exchange) == "2"


def test_a_token_about_to_end_is_used_once_and_not_kept() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange(usable_until=1_020)
    assert [get(cache, exchange), get(cache, exchange)] == ["1", "2"]


@pytest.mark.parametrize(
    "other",
    [
        key("bob"),
        key(scope=("write",)),
        ExchangeKey("alice", "other-api", ("read",), "bridge"),
        ExchangeKey("alice", "api", ("read",), "other-client"),
    ],
)
def test_user_audience_scope_and_client_each_keep_tokens_apart(other: ExchangeKey) -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    assert get(cache, exchange) != get(cache, exchange, other)


def test_many_callers_at_once_cause_one_exchange() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    exchange.may_end.clear()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(get, cache, exchange) for _ in range(20)]
        assert exchange.began.wait(SOON)
        exchange.may_end.set()
        assert {answer.result() for answer in answers} == {"1"}
    assert exchange.runs == 1


def test_a_failed_exchange_fails_all_who_waited_and_is_not_kept() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    exchange.error = ExchangeRefused(403, "access_denied", "")
    exchange.may_end.clear()
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(get, cache, exchange) for _ in range(5)]
        assert exchange.began.wait(SOON)
        exchange.may_end.set()
        for answer in answers:
            assert isinstance(answer.exception(), ExchangeRefused)
    exchange.error = None
    assert get(cache, exchange) == str(exchange.runs)


def test_one_users_slow_exchange_delays_nobody_else() -> None:
    cache, slow, quick = ExchangeCache(clock=Clock()), Exchange(), Exchange()
    slow.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, cache, slow)
        assert slow.began.wait(SOON)
        assert get(cache, quick, key("bob")) == "1"
        slow.may_end.set()
        assert waiting.result() == "1"


def test_who_waits_for_anothers_exchange_keeps_to_its_own_deadline() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    exchange.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, cache, exchange)
        assert exchange.began.wait(SOON)
        with pytest.raises(TenantUnavailable):
            get(cache, exchange, seconds=0.01)
        exchange.may_end.set()
        assert first.result() == "1"  # who gave up did not break it


def test_the_number_of_tokens_is_bounded_and_the_least_used_go_first() -> None:
    cache, exchange = ExchangeCache(max_entries=2, clock=Clock()), Exchange()
    get(cache, exchange, key("a"))
    get(cache, exchange, key("b"))
    get(cache, exchange, key("a"))
    get(cache, exchange, key("c"))
    assert get(cache, exchange, key("a")) == "1"
    assert get(cache, exchange, key("b")) == "4"


def test_tokens_of_no_more_use_take_no_room_although_nobody_asks_for_them() -> None:
    clock = Clock()
    cache = ExchangeCache(clock=clock)
    for number in range(20):
        get(cache, Exchange(), key(f"user {number}"))
    lasting = Exchange(usable_until=9_000.0)
    get(cache, lasting, key("alice"))
    clock.now = 1_970.0  # the margin before the end of the twenty
    get(cache, Exchange(usable_until=9_000.0), key("bob"))
    assert len(cache._tokens) == 2
    get(cache, lasting, key("alice"))
    assert lasting.runs == 1


def test_a_token_that_the_api_rejected_is_forgotten_and_its_successor_is_not() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    rejected = obtain(cache, exchange)
    cache.forget(key(), rejected)
    assert get(cache, exchange) == "2"
    cache.forget(key(), rejected)  # by a slower call that had been given the same token
    assert get(cache, exchange) == "2"


def test_an_interrupt_in_one_caller_does_not_leave_the_others_waiting() -> None:
    cache = ExchangeCache(clock=Clock())

    def interrupted() -> ExchangedToken:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get_or_exchange(key(), interrupted, deadline=Deadline.after(SOON), interruption=Interruption())
    assert get(cache, Exchange()) == "1"


def test_an_exchange_whose_caller_went_away_is_begun_anew_by_one_who_waits() -> None:
    cache, exchange = ExchangeCache(clock=Clock()), Exchange()
    exchange.error = CallerGone()
    exchange.may_end.clear()
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(get, cache, exchange)
        assert exchange.began.wait(SOON)
        others = [pool.submit(get, cache, Exchange()) for _ in range(4)]
        exchange.may_end.set()
        assert isinstance(first.exception(), CallerGone)
        assert {other.result() for other in others} == {"1"}


def test_who_waits_for_anothers_exchange_can_go_away_too() -> None:
    cache, exchange, interruption = ExchangeCache(clock=Clock()), Exchange(), Interruption()
    exchange.may_end.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, cache, exchange)
        assert exchange.began.wait(SOON)
        second = pool.submit(
            cache.get_or_exchange, key(), exchange, deadline=Deadline.after(60), interruption=interruption
        )
        interruption.interrupt()
        assert isinstance(second.exception(SOON), CallerGone)
        exchange.may_end.set()
        assert first.result() == "1"
    assert exchange.runs == 1
