"""Respect the rate limit of a server."""

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamError
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.pause import pause
from on_behalf_of.primitives.retry_after import LONGEST, retry_after

logger = logging.getLogger(__name__)

UNTOLD = 1.0  # seconds to pause after a 429 that names no time
SHORTEST = 0.1  # seconds to pause at least, even after `Retry-After: 0`
LONGEST_WINDOW = 60.0  # seconds: the longest that the headers of a good answer can make a caller wait
CLOCKS_APART = 60.0  # seconds by which the clocks of two machines may differ
SAME_WINDOW = 1.5  # seconds by which a window's end may differ from answer to answer, as headers have whole seconds
SPACING = 0.1  # seconds between requests of callers who waited, if the party did not name its limit
LEAST_TIME = 0.1  # seconds that must be left for the request itself after the wait
_COUNT = re.compile(r"[0-9]{1,7}")


class UpstreamThrottled(UpstreamError):
    """The party allows no more requests for now, so it was not asked."""

    def __init__(self, party: str, retry_after: int) -> None:
        super().__init__(f"{party} allows no more requests at the moment.")
        self.retry_after = retry_after  # seconds


class Hold(Protocol):
    """Shares between processes the time until which the party must not be asked, in seconds since the epoch."""

    def until(self) -> float:
        """Return the time; 0 if none is known."""

    def keep(self, until: float) -> None:
        """Store the time."""


class Throttle:
    """Keeps this process, and with `shared` all processes, from asking a party more often than it allows.

    After a 429 no request is made until the time that it names is over, an hour at most (`LONGEST`). Callers who waited
    then take turns, so that the party does not get all requests at once. With Auth0's `x-ratelimit-*` headers in good
    answers, callers wait before the limit is hit. Safe to share between threads.
    """

    def __init__(
        self,
        party: str,
        *,
        shared: Hold | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        wait: Callable[[float, Interruption], None] = pause,
    ) -> None:
        self._party, self._shared = party, shared
        self._clock, self._wall_clock, self._wait = clock, wall_clock, wait
        self._lock = threading.Lock()
        # Seconds of the monotonic clock:
        self._held_until = -math.inf
        self._next_turn = -math.inf  # of the callers who wait
        self._window_ends = -math.inf
        self._is_told = False  # whether the party named that end; else it is computed from the previous window
        # From the party's answers:
        self._window = 0.0  # seconds in which `_limit` requests are allowed
        self._limit = math.inf
        self._left = math.inf  # of them, in the current window

    def wait_for_turn(self, deadline: Deadline, interruption: Interruption) -> None:
        """Wait until the party may be asked; the caller then asks it once.

        Raises UpstreamThrottled at once if `deadline` is too near for the wait, or CallerGone.
        """
        self._learn()
        while True:
            now, turn = self._take_turn(deadline.remaining() - LEAST_TIME)
            if turn <= now:
                return
            self._wait(turn - now, interruption)
            self._learn()
            with self._lock:
                if self._held_until <= turn:  # else the party refused another caller meanwhile
                    return

    def refused(self, headers: Mapping[str, str]) -> None:
        """Note a 429."""
        told = retry_after(headers)
        seconds = UNTOLD if told is None else max(float(told), SHORTEST)
        with self._lock:
            is_news = self._held_until <= self._clock()
            self._hold(seconds)
        if is_news:
            logger.warning("%s allows no more requests; it is not asked for %.0f seconds.", self._party, seconds)
        if self._shared is not None:
            self._shared.keep(self._wall_clock() + seconds)

    def answered(self, headers: Mapping[str, str]) -> None:
        """Note what a good answer says about the limit; ignore headers that are not three valid numbers."""
        limit, remaining = _count(headers, "x-ratelimit-limit"), _count(headers, "x-ratelimit-remaining")
        window = retry_after({name: headers.get(name, "") for name in ("x-ratelimit-reset", "Date")})
        if not limit or remaining is None or window is None:
            return
        rest = min(max(float(window), SHORTEST), LONGEST_WINDOW)  # of the party's window, seldom all of it
        with self._lock:
            now = self._clock()
            later = now + rest - self._window_ends
            if later >= rest or (self._is_told and later > SAME_WINDOW):  # a new window has begun
                self._left = remaining
            else:  # our count includes requests under way, the party's those of other processes
                self._left = min(self._left, remaining)
            if not self._is_told or later >= rest or abs(later) > SAME_WINDOW:
                self._window_ends, self._is_told = now + rest, True
            self._window = max(rest, self._window) if limit == self._limit else rest
            self._limit = limit

    def not_asked(self) -> None:
        """Return a turn whose request did not reach the party."""
        with self._lock:
            self._left = min(self._left + 1, self._limit)

    def _take_turn(self, longest_wait: float) -> tuple[float, float]:
        """Return the current time and the time of the turn. Raises UpstreamThrottled if the wait would be too long."""
        with self._lock:
            now = self._clock()
            if now >= self._window_ends:
                self._left, self._window_ends, self._is_told = self._limit, now + self._window, False
            turn = max(now, self._held_until, self._next_turn)
            if self._left < 1:
                turn = max(turn, self._window_ends)
            if turn > now and turn - now > longest_wait:
                raise UpstreamThrottled(self._party, math.ceil(turn - now))
            if turn > now:
                self._next_turn = turn + (self._window / self._limit or SPACING)
            self._left -= 1
            return now, turn

    def _learn(self) -> None:
        """Apply a hold that another process stored."""
        if self._shared is None:
            return
        left = self._shared.until() - self._wall_clock()
        if 0 < left <= LONGEST + CLOCKS_APART:  # no process keeps a longer one
            with self._lock:
                self._hold(left)

    def _hold(self, seconds: float) -> None:
        """Extend the hold. The caller holds the lock."""
        self._held_until = max(self._held_until, self._clock() + seconds)
        self._next_turn = max(self._next_turn, self._held_until)


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if _COUNT.fullmatch(text) else None
