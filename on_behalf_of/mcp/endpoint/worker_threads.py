"""Threads for the blocking work of tools."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class WorkerThreads:
    """Up to `most` threads, each started when no other one is idle.

    `concurrent.futures` would make a future with a lock for each call, which costs as much as passing the work on.
    Safe to share between threads.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._lock = threading.Lock()
        self._idle = self._size = 0
        self._has_ended = False
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()

    def submit(self, work: Callable[[], object]) -> None:
        """Let a thread do the work, which must not raise. While all threads are busy, it waits."""
        with self._lock:
            if self._has_ended:  # late work, which gets a thread of its own
                threading.Thread(target=work, name=self._name, daemon=True).start()
                return
            self._work.put(work)
            if self._idle:
                self._idle -= 1
                return
            if self._size == self._most:
                return
            self._size += 1
        threading.Thread(target=self._run, name=f"{self._name}-{self._size}", daemon=True).start()

    def stop(self) -> None:
        """End the threads once they have done the work that was submitted. Doesn't wait for them."""
        with self._lock:
            self._has_ended = True
            for _ in range(self._size):
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # what it refers to must not stay until the next call
            with self._lock:
                self._idle += 1
