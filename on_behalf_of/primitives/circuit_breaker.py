"""Decide when a party that fails counts as down, and when to try it again."""

import logging
import math
import threading
import time
from collections.abc import Callable

FAILURES = 5  # in a row, after which a party that others serve counts as down
TRIAL_PAUSE = 1.0  # seconds between trials during an outage
logger = logging.getLogger(__name__)


class Breaker:
    """Lets all calls pass until `failures` of them fail in a row; then it refuses all but one trial a second.

    The first trial that succeeds ends the outage. Without a breaker, every call would wait for a dead party as long as
    the first one did, and calls would queue up. `one_at_a_time`: no trial begins before the last one reported, so that
    a party that hangs blocks one thread only. Each trial must then report how it went. Safe to share between threads.
    """

    def __init__(
        self, *, failures: int = 1, one_at_a_time: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._one_at_a_time = one_at_a_time
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        self._began: float | None = None  # of the outage; None: all calls pass
        self._next_trial = -math.inf
        self._is_trying = False

    @property
    def is_well(self) -> bool:
        """Return whether the last attempt succeeded, or there was none yet."""
        return self._failed == 0

    def enter(self) -> float:
        """Return 0 if the caller may try, and should then report; else the seconds until asking again makes sense."""
        with self._lock:
            if self._began is None:
                return 0
            now = self._clock()
            if self._is_trying or now < self._next_trial:
                return max(self._next_trial - now, 0.001)
            if self._one_at_a_time:
                self._is_trying = True
            else:
                self._next_trial = now + TRIAL_PAUSE
            return 0

    def succeeded(self) -> float | None:
        """Let all calls pass. Return how long the outage lasted in seconds; None if there was none."""
        with self._lock:
            self._failed, began, self._began, self._is_trying = 0, self._began, None, False
            return None if began is None else self._clock() - began

    def failed(self) -> bool:
        """Note a failure. Return whether an outage begins with it."""
        with self._lock:
            now = self._clock()
            self._failed += 1
            self._is_trying = False
            self._next_trial = now + TRIAL_PAUSE
            if self._began is not None or self._failed < self._most:
                return False
            self._began = now
            return True

    def gave_up(self) -> None:
        """End a trial without a result: the caller left, or allowed too little time."""
        with self._lock:
            self._is_trying = False


class CircuitBreaker:
    """A breaker for one party, which logs each outage once when it begins and once when it ends.

    It covers this process only; other processes notice the outage themselves. Safe to share between threads.
    """

    def __init__(
        self,
        party: str,
        *,
        failures: int = FAILURES,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[bool], None] = lambda _is_dead: None,
    ) -> None:
        self._party = party  # "The tenant", as the log names it
        self._on_change = on_change
        self._breaker = Breaker(failures=failures, one_at_a_time=True, clock=clock)

    @property
    def is_well(self) -> bool:
        """Return whether the last attempt succeeded, or there was none yet."""
        return self._breaker.is_well

    def enter(self) -> float:
        """Return 0 if the caller may try, and must then report; else the seconds until asking again makes sense."""
        return self._breaker.enter()

    def succeeded(self) -> None:
        """Note that the party works, whatever it answered."""
        if (lasted := self._breaker.succeeded()) is not None:
            logger.warning("%s answers again, after %.0f seconds.", self._party, lasted)
            self._on_change(False)

    def failed(self, why: str) -> None:
        """Note that the party failed; `why` is for the log."""
        if self._breaker.failed():
            logger.warning("%s is not working (%s). Until it is, it is tried once a second.", self._party, why)
            self._on_change(True)

    def gave_up(self) -> None:
        """End a trial without a result: the caller left, or allowed too little time."""
        self._breaker.gave_up()
