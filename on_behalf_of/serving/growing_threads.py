"""Threads for an event loop's blocking work: one, and more of them only while work blocks.

Python runs one thread at a time, so a second one helps only if the first waits for something, such as a database. Busy
threads take the interpreter from each other, which costs a fifth of all calls: so while the process is busy, threads
that it does not need end again.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from django.db import connections

TICK = 0.01  # seconds between looks at work that waits
BUSY = 0.6  # of one core; a process that uses less while work waits has threads that block
FULL = 0.95  # of one core; a process that uses more has enough threads
SMOOTHING = 3  # looks; the process also rests when all of its threads wait for the disk for a moment
RETIRE_AFTER = 1.0  # seconds from one end of a thread that is not needed to the next
WATCH_AFTER = 0.05  # seconds of waiting after which it is worth watching whether the caller hangs up
IDLE = 10.0  # seconds after which a thread beside the first ends


class Call:
    """The result of one piece of work, which any thread may give. The first one counts."""

    __slots__ = ("_deliver", "future")

    def __init__(
        self, future: "asyncio.Future[Any]", deliver: "Callable[[Call, Any, BaseException | None], None]"
    ) -> None:
        self.future = future
        self._deliver = deliver

    @property
    def is_over(self) -> bool:
        return self.future.done()

    def complete(self, result: Any) -> None:
        self._deliver(self, result, None)

    def fail(self, error: BaseException) -> None:
        self._deliver(self, None, error)


class Work(Protocol):
    def __call__(self, call: Call, *, is_too_late: bool) -> None:
        """Do the work and complete the call, now or later; too late means that its caller has stopped waiting."""


class _Job:
    __slots__ = ("_protocol", "_watch", "call", "came_at", "ends_at", "has_begun", "has_left", "work")

    def __init__(self, work: Work, call: Call, protocol: Any, ends_at: float | None) -> None:
        self.work, self.call, self.ends_at = work, call, ends_at  # ends_at: time.monotonic()
        self.came_at = time.monotonic()
        self.has_begun = self.has_left = False
        self._protocol = protocol
        self._watch: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.has_begun = True
        is_too_late = self.has_left or (self.ends_at is not None and time.monotonic() >= self.ends_at)
        try:
            self.work(self.call, is_too_late=is_too_late)
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            self.call.fail(error)

    def watch(self) -> None:
        """Notice from now on if the caller hangs up. Looking costs more than most callers have to wait."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._wait())

    def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    async def _wait(self) -> None:
        await self._protocol.client_disconnect()
        self.has_left = True


class GrowingThreads:
    """Up to `most` threads. All methods but `stop` belong to one event loop. `on_tick` is called while work goes on."""

    _loop: asyncio.AbstractEventLoop  # set when work comes

    def __init__(self, most: int, *, on_tick: Callable[[], None] = lambda: None) -> None:
        self._most = most
        self._on_tick = on_tick
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting: deque[_Job] = deque()  # those that began are taken out at each tick
        self._results: deque[tuple[Call, Any, BaseException | None]] = deque()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._size = 0
        self._in_flight = 0
        self._load = 1.0  # of one core
        self._ticked_at = self._used = 0.0  # seconds: time.monotonic() and time.process_time()
        self._retires_at = 0.0  # time.monotonic()
        self._is_ticking = self._is_waking = self._is_stopped = False

    async def run(self, work: Work, protocol: Any, ends_at: float | None = None) -> Any:
        """Return the result of work that a thread does.

        `protocol` tells whether the caller hangs up; `ends_at` (time.monotonic) is when it stops waiting.
        """
        self._loop = asyncio.get_running_loop()
        job = _Job(work, Call(self._loop.create_future(), self._deliver), protocol, ends_at)
        self._in_flight += 1
        self._waiting.append(job)
        self._jobs.put(job)
        if not self._size:
            self._grow()
        if not self._is_ticking:
            self._is_ticking = True
            self._load = 1.0  # until it is known
            self._ticked_at, self._used = time.monotonic(), time.process_time()
            self._loop.call_later(TICK, self._tick)
        try:
            return await job.call.future
        finally:
            self._in_flight -= 1
            job.end()

    def stop(self) -> None:
        """Finish all work that was given, and end the threads."""
        with self._lock:
            threads, self._is_stopped = list(self._threads), True
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join()

    def _grow(self) -> None:
        with self._lock:
            self._size += 1
            thread = threading.Thread(target=self._run, name=f"request-{self._size}", daemon=True)
            self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=IDLE)
            except queue.Empty:
                job = None
            if job is not None:
                job.begin()
            elif self._may_end():
                break
        connections.close_all()

    def _may_end(self) -> bool:
        with self._lock:
            if self._is_stopped:
                return True
            if self._size <= 1:
                return False
            self._size -= 1
            self._threads.remove(threading.current_thread())
            return True

    def _tick(self) -> None:
        """Add a thread if work waits although the process is not busy, or end one; watch callers who wait for long."""
        self._on_tick()
        now, used = time.monotonic(), time.process_time()
        self._load += ((used - self._used) / (now - self._ticked_at) - self._load) / SMOOTHING
        self._ticked_at, self._used = now, used
        if self._load > FULL and self._size > 1 and now > self._retires_at:
            self._retires_at = now + RETIRE_AFTER
            self._jobs.put(None)  # for whichever thread takes it
        waiting = self._waiting
        while waiting and waiting[0].has_begun:
            waiting.popleft()
        if waiting:
            if self._load < BUSY and self._size < self._most:
                self._grow()
            long_ago = now - WATCH_AFTER
            for job in waiting:
                if job.came_at > long_ago:
                    break
                job.watch()
        if self._in_flight:
            self._loop.call_later(TICK, self._tick)
        else:
            self._is_ticking = False

    def _deliver(self, call: Call, result: Any, error: BaseException | None) -> None:
        """Hand a result to the loop, from any thread, with one wake-up for all that come before it wakes."""
        self._results.append((call, result, error))
        if not self._is_waking:
            self._is_waking = True
            self._loop.call_soon_threadsafe(self._take_results)

    def _take_results(self) -> None:
        self._is_waking = False  # before the look: what comes after it wakes the loop again
        while self._results:
            call, result, error = self._results.popleft()
            if call.future.done():
                continue
            if error is None:
                call.future.set_result(result)
            else:
                call.future.set_exception(error)
