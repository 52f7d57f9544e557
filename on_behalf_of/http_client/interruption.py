from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Interruption:
    """Lets one thread tell another that the result of its work is no longer wanted.

    It happens once and cannot be undone. Waiters register a wake-up callback; a thread that computes is not stopped.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._wakes: list[Callable[[], None]] = []
        self.has_happened = False

    def interrupt(self) -> None:
        """Wake all waiters. Never blocks, so an event loop may call it."""
        with self._lock:
            self.has_happened = True
            wakes, self._wakes = self._wakes, []
        for wake in wakes:
            wake()

    def wake_by(self, wake: Callable[[], None]) -> None:
        """Call `wake` once if the interruption happens before `forget`; at once if it has happened already.

        The call may come from another thread, and shortly after `forget`.
        """
        with self._lock:
            if not self.has_happened:
                self._wakes.append(wake)
            is_late = self.has_happened
        if is_late:
            wake()

    def forget(self, wake: Callable[[], None]) -> None:
        """Do not call `wake` any more."""
        with self._lock:
            if wake in self._wakes:
                self._wakes.remove(wake)

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` once if the interruption happens within this context, as `wake_by` does."""
        self.wake_by(wake)
        try:
            yield
        finally:
            self.forget(wake)
