"""A cancellable scheduler on one thread for the whole process.

`threading.Timer` starts a thread for each call, which costs as much as all other work for a small request.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Alarm:
    """A scheduled call, which can be cancelled."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self.ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        """Prevent the call. It may be running already."""
        self.ring = None


class Timekeeper:
    """Calls functions at given times. They must not wait for anything. Safe to share between threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._alarms: list[tuple[float, int, Alarm]] = []  # a heap, by time; the number keeps equal times in order
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def call_at(self, when: float, ring: Callable[[], None]) -> Alarm:
        """Call `ring` on the scheduler's thread once `time.monotonic()` reaches `when`."""
        alarm = Alarm(ring)
        with self._condition:
            entry = (when, next(self._numbers), alarm)
            heapq.heappush(self._alarms, entry)
            if self._thread is None or not self._thread.is_alive():  # the first, or the first after a fork
                self._thread = threading.Thread(target=self._run, name="timekeeper", daemon=True)
                self._thread.start()
            elif self._alarms[0] is entry:  # it is due before the one that the thread waits for
                self._condition.notify()
        return alarm

    def _run(self) -> None:
        while True:
            if ring := self._next().ring:
                ring()

    def _next(self) -> Alarm:
        """Wait until the first alarm is due. Cancelled alarms in front of it are dropped."""
        with self._condition:
            while True:
                while self._alarms and self._alarms[0][2].ring is None:
                    heapq.heappop(self._alarms)
                if not self._alarms:
                    self._condition.wait()
                elif (left := self._alarms[0][0] - time.monotonic()) > 0:
                    self._condition.wait(left)
                else:
                    return heapq.heappop(self._alarms)[2]


timekeeper = Timekeeper()
