"""When a throttling server is asked again, with a clock that the test controls."""

import collections
import contextlib
import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.throttle import (
    LONGEST_WINDOW,
    SHORTEST,
    SPACING,
    UNTOLD,
    Throttle,
    UpstreamThrottled,
)
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.primitives.retry_after import LONGEST
from tests.on_behalf_of.http_client.world import EPOCH, World


@pytest.fixture
def world() -> World:
    return World()


def limits(limit: object, remaining: object, reset: object) -> dict[str, str]:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    return {name: str(value) for name, value in zip(names, (limit, remaining, reset), strict=True)}


def test_without_a_throttle_requests_are_sent_at_once(world: World) -> None:
    throttle = world.throttle()
    assert [world.asked_at(throttle) for _ in range(1_000)] == [0] * 1_000


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": formatdate(EPOCH + 9, usegmt=True), "Date": formatdate(EPOCH, usegmt=True)}, 9),
        ({"x-ratelimit-reset": str(int(EPOCH) + 5), "Date": formatdate(EPOCH, usegmt=True)}, 5),
        ({"Retry-After": "0"}, SHORTEST),
        ({"Retry-After": formatdate(EPOCH - 99, usegmt=True), "Date": formatdate(EPOCH, usegmt=True)}, SHORTEST),
        ({"Retry-After": "999999999"}, LONGEST),
        ({"Retry-After": "Wed, 21 Oct 9999 07:28:00 GMT"}, LONGEST),
        ({}, UNTOLD),
        *(({"Retry-After": value}, UNTOLD) for value in ("-1", "NaN", "inf", "1e9", "soon", "٣", "9" * 5_000, "")),
        *(({"x-ratelimit-reset": value}, UNTOLD) for value in ("-1", "NaN", "1", "9" * 50)),
    ],
)
def test_after_a_429_nothing_is_sent_until_the_hold_ends(world: World, headers: dict[str, str], seconds: float) -> None:
    """RFC 9110 §10.2.3: a number of seconds or a date, limited to an hour."""
    throttle = world.throttle()
    throttle.refused(headers)
    assert world.asked_at(throttle) == pytest.approx(seconds)


def test_callers_that_cannot_wait_learn_the_remaining_time(world: World) -> None:
    throttle = world.throttle()
    throttle.refused({"Retry-After": "30"})
    for gone, left in ((0.0, 30), (12.5, 18), (17.0, 1)):
        world.now += gone
        with pytest.raises(UpstreamThrottled) as told:
            throttle.wait_for_turn(Deadline.after(0.5), Interruption())
        assert told.value.retry_after == left
    assert world.waits == []


def test_waiters_take_turns(world: World) -> None:
    """Later callers queue behind them."""
    throttle = world.throttle()
    throttle.refused({"Retry-After": "2"})
    turns = [throttle._take_turn(100)[1] - 1_000 for _ in range(5)]
    assert turns == pytest.approx([2 + number * SPACING for number in range(5)])
    world.now += 2.1
    assert world.asked_at(throttle) == pytest.approx(2 + 5 * SPACING)
    world.now += 10
    assert world.asked_at(throttle) == pytest.approx(world.now - 1_000)


def test_a_second_429_extends_the_wait(world: World) -> None:
    throttle = world.throttle()
    throttle.refused({"Retry-After": "2"})
    plain = world.wait

    def meets_another_429(seconds: float, interruption: Interruption) -> None:
        plain(seconds, interruption)
        if len(world.waits) == 1:
            throttle.refused({"Retry-After": "5"})

    world.wait = meets_another_429  # type: ignore[method-assign]
    throttle._wait = meets_another_429
    assert world.asked_at(throttle) == pytest.approx(7)


def test_a_shorter_time_does_not_shorten_a_hold(world: World) -> None:
    throttle = world.throttle()
    throttle.refused({"Retry-After": "30"})
    throttle.refused({"Retry-After": "1"})
    assert world.asked_at(throttle) == pytest.approx(30)


def test_a_disconnected_caller_does_not_wait() -> None:
    throttle, interruption = Throttle("The party"), Interruption()
    throttle.refused({"Retry-After": "30"})
    interruption.interrupt()
    with pytest.raises(CallerGone):
        throttle.wait_for_turn(Deadline.after(60), interruption)


def test_the_limit_is_not_hit_if_good_responses_name_it(world: World) -> None:
    """Auth0's headers: with none left, the next call waits for the reset; later windows allow as many."""
    throttle = world.throttle()
    asked = [world.asked_at(throttle)]
    throttle.answered(limits(2, 1, int(EPOCH) + 1) | {"Date": formatdate(EPOCH, usegmt=True)})
    asked += [world.asked_at(throttle) for _ in range(6)]
    assert asked[:2] == [0, 0]
    assert asked == sorted(asked)
    for second in range(4):
        assert len([each for each in asked if second <= each < second + 1]) <= 2


def test_requests_under_way_count_as_used(world: World) -> None:
    """Two requests are under way, and the response to one says that three were left before the other arrived."""
    throttle = world.throttle()
    date = {"Date": formatdate(EPOCH, usegmt=True)}
    world.asked_at(throttle)
    throttle.answered(limits(10, 4, int(EPOCH) + 10) | date)
    for _ in range(3):
        world.asked_at(throttle)
    throttle.answered(limits(10, 3, int(EPOCH) + 10) | date)
    assert world.asked_at(throttle) == 0
    assert world.asked_at(throttle) == pytest.approx(10)


def test_requests_of_other_processes_are_learned_from_the_next_response(world: World) -> None:
    throttle = world.throttle()
    date = {"Date": formatdate(EPOCH, usegmt=True)}
    throttle.answered(limits(10, 9, int(EPOCH) + 10) | date)
    world.asked_at(throttle)
    throttle.answered(limits(10, 0, int(EPOCH) + 10) | date)
    assert world.asked_at(throttle) == pytest.approx(10)


@pytest.mark.parametrize("begun", [0, 1, 30, 55, 59])
@pytest.mark.parametrize("pause", [0.5, 2, 7])
def test_a_limit_met_late_in_its_window_is_not_hit_in_the_next_ones(world: World, begun: int, pause: float) -> None:
    """`x-ratelimit-reset` tells what is left of a window, not how long windows are."""
    throttle, used = world.throttle(), collections.Counter[int]()
    for _ in range(100):
        with contextlib.suppress(UpstreamThrottled):
            throttle.wait_for_turn(Deadline.after(10), Interruption())
            window = int((world.now - 1_000 + begun) // 60)
            used[window] += 1
            reset = int(EPOCH) - begun + 60 * (window + 1)
            headers = limits(10, max(0, 10 - used[window]), reset)
            throttle.answered(headers | {"Date": formatdate(world.wall(), usegmt=True)})
        world.now += pause
    assert max(used.values()) <= 10


def test_a_limit_that_refills_early_is_used(world: World) -> None:
    """A server may count a sliding minute, so that each response names a later reset."""
    throttle = world.throttle()
    for number in range(50):
        assert world.asked_at(throttle) == pytest.approx(5 * number)
        headers = limits(10, 3, int(world.wall()) + 20)
        throttle.answered(headers | {"Date": formatdate(world.wall(), usegmt=True)})
        world.now += 5


def test_turns_without_a_request_are_not_counted(world: World) -> None:
    throttle = world.throttle()
    throttle.answered(limits(10, 2, int(EPOCH) + 10) | {"Date": formatdate(EPOCH, usegmt=True)})
    for _ in range(20):
        assert world.asked_at(throttle) == 0
        throttle.not_asked()
    assert [world.asked_at(throttle) for _ in range(2)] == [0, 0]
    assert world.asked_at(throttle) == pytest.approx(10)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str))
            for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "Date", "Retry-After")
        },
    )
)
def test_headers_of_good_responses_delay_a_caller_by_at_most_a_minute(headers: dict[str, str]) -> None:
    world = World()
    throttle = world.throttle()
    throttle.answered(headers)
    for _ in range(3):
        before = world.now
        world.asked_at(throttle)
        assert world.now - before <= LONGEST_WINDOW


def test_a_hold_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    throttle = world.throttle()
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            throttle.refused({"Retry-After": "30"})
    assert caplog.messages == ["The party allows no more requests; it is not asked for 30 seconds."]


def test_parallel_threads_never_share_a_turn_after_a_hold() -> None:
    throttle = Throttle("The party")
    throttle.refused({"Retry-After": "1"})
    with ThreadPoolExecutor(8) as pool:
        turns = sorted(pool.map(lambda _: throttle._take_turn(1_000)[1], range(200)))
    apart = [later - earlier for earlier, later in itertools.pairwise(turns)]
    assert min(apart) == pytest.approx(SPACING)
