import logging
import time
from collections.abc import Callable

from on_behalf_of.primitives.breaker import Breaker

logger = logging.getLogger(__name__)

FAILURES = 5  # in a row, after which the party counts as down


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
        """End a trial that showed nothing: the caller lost interest, or allowed too little time."""
        self._breaker.gave_up()
