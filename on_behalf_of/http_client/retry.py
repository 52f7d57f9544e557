"""Ask a server that may be busy, limiting or down: repeat what is safe to repeat, and stop asking during an outage."""

import math
import random
from collections.abc import Callable, Container
from enum import Enum, auto
from http import HTTPStatus

from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import (
    UpstreamAnswerMalformed,
    UpstreamError,
    UpstreamNotConnected,
    UpstreamResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.pause import pause
from on_behalf_of.http_client.throttle import LEAST_TIME, Throttle
from on_behalf_of.primitives.circuit_breaker import CircuitBreaker
from on_behalf_of.primitives.retry_after import retry_after

MOST_ATTEMPTS = 3
FIRST_WAIT = 0.1  # seconds before the second attempt, unless the answer names a time; doubled for each further one
PASSING = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


class Repeat(Enum):
    """The answers after which a request may be repeated. If nothing was sent, it always may."""

    NEVER = auto()  # doing it twice would be wrong, and only the server knows whether it was done
    IF_TOLD = auto()  # answers that name a time after which to ask again
    IF_PASSING = auto()  # those, and all that mean "not now"


class UpstreamDown(UpstreamError):
    """The party failed several times in a row just now, so it was not asked."""

    def __init__(self, party: str, retry_after: int) -> None:
        super().__init__(f"{party} does not answer at the moment.")
        self.retry_after = retry_after  # seconds


class Upstream:
    """One party that all calls of this process ask, with its breaker and throttle. Safe to share between threads."""

    def __init__(
        self,
        party: str,
        *,
        timeout: float,
        broken_by: Container[int],
        is_broken_by_silence: bool = True,
        on_change: Callable[[bool], None] = lambda _is_dead: None,
        throttle: Throttle | None = None,
    ) -> None:
        self._party = party
        self._throttle = throttle  # if the party has one limit for all callers
        self._timeout = timeout  # seconds that a whole call has
        self._is_broken_by_silence = is_broken_by_silence  # False if one slow operation says nothing about the others
        self._broken_by = broken_by  # statuses that mean that it works for no caller
        self._breaker = CircuitBreaker(party, on_change=on_change)

    def ask(
        self,
        send: Callable[[float], UpstreamResponse],
        *,
        deadline: Deadline,
        interruption: Interruption,
        repeat: Repeat,
    ) -> UpstreamResponse:
        """Return the answer, whatever its status. `send` is called for each attempt with the seconds left for it.

        Raises UpstreamError (UpstreamDown and UpstreamThrottled without any attempt), or CallerGone. Waits only if
        enough time is left for the wait and another attempt.
        """
        for attempt in range(1, MOST_ATTEMPTS + 1):
            failure: UpstreamError | None = None
            response: UpstreamResponse | None = None
            if self._throttle is not None:
                self._throttle.wait_for_turn(deadline, interruption)
            try:
                response = self._attempt(send, deadline)
                wait = _wait(response, attempt, repeat)
            except UpstreamNotConnected as error:
                if self._throttle is not None:
                    self._throttle.not_asked()
                failure, wait = error, _backoff(attempt)
            is_last = wait is None or attempt == MOST_ATTEMPTS or wait + LEAST_TIME > deadline.remaining()
            if is_last and failure is not None:
                raise failure
            if is_last and response is not None:
                return response
            is_throttled = response is not None and response.status == HTTPStatus.TOO_MANY_REQUESTS
            if self._throttle is None or not is_throttled:  # else the throttle waits, with all other callers
                pause(wait or 0, interruption)
        raise AssertionError("the last attempt ends the loop")

    def _attempt(self, send: Callable[[float], UpstreamResponse], deadline: Deadline) -> UpstreamResponse:
        if not (seconds := deadline.remaining()):
            raise UpstreamTimeout(f"No time was left to ask {self._party}.")
        if until_trial := self._breaker.enter():
            if self._throttle is not None:
                self._throttle.not_asked()
            raise UpstreamDown(self._party, math.ceil(until_trial))
        try:
            response = send(seconds)
        except BaseException as error:
            if why := self._blamed(error, seconds):
                self._breaker.failed(why)
            else:
                self._breaker.gave_up()
            raise
        if response.status in self._broken_by:
            self._breaker.failed(f"status {response.status}")
        else:
            self._breaker.succeeded()
        if self._throttle is not None:
            is_throttled = response.status == HTTPStatus.TOO_MANY_REQUESTS
            (self._throttle.refused if is_throttled else self._throttle.answered)(response.headers)
        return response

    def _blamed(self, error: BaseException, seconds: float) -> str:
        """Return what the party did wrong; empty if the failure was not its fault."""
        match error:
            case UpstreamTimeout() if seconds >= self._timeout / 2:  # a shorter wait proves nothing
                return "it does not answer in time" if self._is_broken_by_silence else ""
            case UpstreamUnreachable():
                return "it cannot be reached"
            case UpstreamAnswerMalformed():
                return "it breaks off its answers"
        return ""


def _wait(response: UpstreamResponse, attempt: int, repeat: Repeat) -> float | None:
    """Return the seconds before another attempt; None if there should be none."""
    is_throttled = response.status == HTTPStatus.TOO_MANY_REQUESTS
    if repeat is Repeat.NEVER or not (is_throttled or response.status in PASSING):
        return None
    told = retry_after(response.headers)
    if told is not None:
        return told + _backoff(attempt)  # never earlier than told, and not all callers at the same moment
    return _backoff(attempt) if repeat is Repeat.IF_PASSING and not is_throttled else None


def _backoff(attempt: int) -> float:
    longest = FIRST_WAIT * 2 ** (attempt - 1)
    return random.uniform(longest / 2, longest)  # noqa: S311 - it spreads attempts; nothing depends on it being secret
