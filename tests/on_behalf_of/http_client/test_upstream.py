"""When a request is retried, when a server counts as dead, and how it recovers."""

import logging
import socket
import time
from collections.abc import Callable

import pytest

from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import (
    UpstreamAnswerMalformed,
    UpstreamError,
    UpstreamHttp,
    UpstreamNotConnected,
    UpstreamResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.retry import MOST_ATTEMPTS, PASSING, Repeat, Upstream, UpstreamDown
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.primitives.circuit_breaker import FAILURES, TRIAL_PAUSE, CircuitBreaker
from on_behalf_of.primitives.retry_after import LONGEST, retry_after
from tests.on_behalf_of.http_client.loopback import answering, serving
from tests.on_behalf_of.resource_server.judging import Clock


class Party:
    """Returns or raises its results in order, and repeats the last one."""

    def __init__(self, *says: int | UpstreamError, **headers: str) -> None:
        self.says, self.headers = list(says), headers
        self.asked = 0

    def __call__(self, seconds: float) -> UpstreamResponse:
        said = self.says[min(self.asked, len(self.says) - 1)]
        self.asked += 1
        if isinstance(said, UpstreamError):
            raise said
        return UpstreamResponse(said, self.headers, b"")


def upstream(timeout: float = 5) -> Upstream:
    return Upstream("The party", timeout=timeout, broken_by=range(500, 600))


def ask(of: Upstream, party: Callable[[float], UpstreamResponse], repeat: Repeat, seconds: float = 5) -> int:
    deadline = Deadline.after(seconds)
    return of.ask(party, deadline=deadline, interruption=Interruption(), repeat=repeat).status


@pytest.mark.parametrize("repeat", Repeat)
def test_if_nothing_was_sent_any_request_may_be_retried(repeat: Repeat) -> None:
    party = Party(UpstreamNotConnected("refused"), UpstreamNotConnected("refused"), 201)
    assert ask(upstream(), party, repeat) == 201


@pytest.mark.parametrize(
    "error", [UpstreamTimeout("late"), UpstreamUnreachable("gone"), UpstreamAnswerMalformed("broken off")]
)
def test_a_request_that_may_have_arrived_is_not_retried(error: UpstreamError) -> None:
    party = Party(error, 200)
    with pytest.raises(type(error)):
        ask(upstream(), party, Repeat.IF_PASSING)
    assert party.asked == 1


def test_a_refused_connection_differs_from_a_broken_one() -> None:
    """Only then is it certain that nothing was sent."""
    http = UpstreamHttp(timeout=5)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(UpstreamNotConnected):
        http.request("POST", f"http://127.0.0.1:{port}/")
    with serving(answering(b"")) as server:
        with pytest.raises(UpstreamUnreachable) as broken:
            http.request("POST", server.url)
        assert not isinstance(broken.value, UpstreamNotConnected)


def test_the_number_of_attempts_is_bounded() -> None:
    party = Party(503, **{"Retry-After": "0"})
    assert ask(upstream(), party, Repeat.IF_TOLD) == 503
    assert party.asked == MOST_ATTEMPTS


def test_without_time_left_no_request_is_sent() -> None:
    party = Party(200)
    with pytest.raises(UpstreamTimeout):
        ask(upstream(), party, Repeat.NEVER, seconds=0)
    assert party.asked == 0


def test_a_disconnected_caller_gets_no_second_attempt() -> None:
    interruption, party = Interruption(), Party(429, **{"Retry-After": "30"})
    interruption.interrupt()
    with pytest.raises(CallerGone):
        upstream().ask(party, deadline=Deadline.after(60), interruption=interruption, repeat=Repeat.IF_PASSING)
    assert party.asked == 1


@pytest.mark.parametrize("dead", [UpstreamTimeout("late"), UpstreamUnreachable("gone"), 500, 503])
def test_a_dead_server_gets_no_more_requests(dead: int | UpstreamError) -> None:
    of, party = upstream(), Party(dead)
    for _ in range(FAILURES):
        try:
            ask(of, party, Repeat.NEVER)
        except UpstreamError as error:
            assert not isinstance(error, UpstreamDown)  # noqa: PT017 - of several outcomes
    with pytest.raises(UpstreamDown) as down:
        ask(of, party, Repeat.NEVER)
    assert down.value.retry_after == 1
    assert party.asked == FAILURES


@pytest.mark.parametrize("alive", [400, 401, 403, 404, 429])
def test_a_server_that_refuses_is_not_dead(alive: int) -> None:
    of, party = upstream(), Party(alive)
    for _ in range(3 * FAILURES):
        assert ask(of, party, Repeat.NEVER) == alive


def test_a_timeout_with_little_time_left_does_not_count_as_a_failure() -> None:
    of, party = upstream(timeout=60), Party(UpstreamTimeout("late"))
    for _ in range(3 * FAILURES):
        with pytest.raises(UpstreamTimeout):
            ask(of, party, Repeat.NEVER, seconds=5)


def test_one_slow_operation_of_an_api_does_not_block_the_others() -> None:
    """Otherwise a user of one tool could block all others."""
    api = Upstream("The API", timeout=5, broken_by=PASSING, is_broken_by_silence=False)
    for _ in range(2 * FAILURES):
        with pytest.raises(UpstreamTimeout):
            ask(api, Party(UpstreamTimeout("late")), Repeat.NEVER)
    assert ask(api, Party(200), Repeat.NEVER) == 200


def test_an_outage_ends_with_the_first_successful_trial_and_is_logged_in_two_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaker = CircuitBreaker("The party", failures=2, clock=(clock := Clock()))
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            if not breaker.enter():
                breaker.failed("it cannot be reached")
        assert breaker.enter() == TRIAL_PAUSE
        for _ in range(5):
            clock.advance(TRIAL_PAUSE)
            assert breaker.enter() == 0, "one may try"
            assert breaker.enter() > 0, "and no other meanwhile"
            breaker.failed("it cannot be reached")
        clock.advance(TRIAL_PAUSE)
        assert breaker.enter() == 0
        breaker.succeeded()
        assert [breaker.enter(), breaker.enter()] == [0, 0]
    assert [record.getMessage() for record in caplog.records] == [
        "The party is not working (it cannot be reached). Until it is, it is tried once a second.",
        "The party answers again, after 6 seconds.",
    ]


def test_an_abandoned_trial_is_followed_by_another() -> None:
    breaker = CircuitBreaker("The party", failures=1, clock=(clock := Clock()))
    breaker.failed("")
    clock.advance(TRIAL_PAUSE)
    assert breaker.enter() == 0
    breaker.gave_up()
    assert breaker.enter() == 0


DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "999999999"}, LONGEST),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT", "Date": DATE}, 9),
        ({"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": DATE}, 0),
        ({"x-ratelimit-reset": "1792567688", "Date": DATE}, 8),
        ({"x-ratelimit-reset": "1792567688", "Retry-After": "2", "Date": DATE}, 2),
        ({"x-ratelimit-reset": str(int(time.time()) - 60)}, 0),
        ({"x-ratelimit-reset": "7"}, None),  # no epoch, and nobody says what else
        ({"x-ratelimit-reset": "1e9"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon", "x-ratelimit-reset": "1792567688"}, None),
        ({"Retry-After": "Wed, 99 Oct 2026 07:28:09 GMT"}, None),
        ({"Retry-After": "٣"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_parsed_strictly(headers: dict[str, str], seconds: int | None) -> None:
    """RFC 9110 §10.2.3."""
    assert retry_after(headers) == seconds
