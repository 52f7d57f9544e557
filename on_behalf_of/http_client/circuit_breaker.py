import logging
import math
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

TRIAL_PAUSE = 1.0  # seconds between trials while a party is taken to be dead


class CircuitBreaker:
    """After some failures in a row a party is taken to be dead: all fail at once, but for one trial a second.

    The first trial that succeeds lets everybody pass again. One trial is under way at a time, so that a party that
    hangs holds one thread and not all of them. Each outage is logged once when it begins and once when it is over.
    Of this process only: others find out for themselves, at the same small price. Safe to share between threads.
    """

    def __init__(
        self,
        party: str,
        *,
        failures: int,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[bool], None] = lambda _is_dead: None,
    ) -> None:
        self._party = party  # "The tenant", as the log names it
        self._on_change = on_change
        self._most = failures
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        self._began: float | None = None  # of the outage; None: everybody passes
        self._next_trial = -math.inf
        self._is_trying = False

    @property
    def is_well(self) -> bool:
        """Whether the last attempt succeeded, or there was none yet."""
        return self._failed == 0

    def enter(self) -> float:
        """0 where the caller may try, and must then say how it went; else the seconds until it is worth asking."""
        with self._lock:
            if self._began is None:
                return 0
            now = self._clock()
            if self._is_trying or now < self._next_trial:
                return max(self._next_trial - now, 0.001)
            self._is_trying = True
            return 0

    def succeeded(self) -> None:
        """The party does its work, whatever it answered."""
        with self._lock:
            self._failed, began, self._began, self._is_trying = 0, self._began, None, False
            lasted = self._clock() - began if began is not None else None
        if lasted is not None:
            logger.warning("%s answers again, after %.0f seconds.", self._party, lasted)
            self._on_change(False)

    def failed(self, why: str) -> None:
        with self._lock:
            now = self._clock()
            self._failed += 1
            self._is_trying = False
            self._next_trial = now + TRIAL_PAUSE
            is_new = self._began is None and self._failed >= self._most
            if is_new:
                self._began = now
        if is_new:
            logger.warning("%s does not do its work (%s). Until it does, it is tried once a second.", self._party, why)
            self._on_change(True)

    def gave_up(self) -> None:
        """Nothing was learned: the caller lost interest, or gave it too little time."""
        with self._lock:
            self._is_trying = False
