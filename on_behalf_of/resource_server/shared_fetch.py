import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

PATIENCE = 3.0  # seconds from its beginning that callers wait for a fetch; it goes on without them
MAX_PATIENT = 3  # callers that wait that long at a time; fewer than a service has threads
IMPATIENCE = 0.25  # seconds that all others wait, which is enough if the other side answers

Fetched = TypeVar("Fetched")


class FetchFailed(Exception):
    """The fetch failed, or took longer than the caller could wait. The cause says which."""


class Flight(Future[Fetched]):
    """A fetch under way."""

    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began


class SharedFetch(Generic[Fetched]):
    """Runs at most one fetch at a time, in its own thread. All callers share its result.

    Only few callers wait for long, so that a server that hangs doesn't take every thread of this service. `lock` is
    the owner's: it is held while `is_due`, `on_success` and `on_failure` are called. `on_end` is told without the
    lock whether a fetch succeeded.
    """

    def __init__(
        self,
        fetch: Callable[[], Fetched],
        *,
        name: str,
        lock: threading.Lock,
        clock: Callable[[], float],
        on_success: Callable[[Fetched], None],
        on_failure: Callable[[Exception | str], None],
        on_end: Callable[[bool], None],
    ) -> None:
        self.flight: Flight[Fetched] | None = None
        self._fetch, self._name, self._lock, self._clock = fetch, name, lock, clock
        self._on_success, self._on_failure, self._on_end = on_success, on_failure, on_end
        self._waiting = threading.Semaphore(MAX_PATIENT)

    def join_or_begin(self, is_due: Callable[[], bool]) -> Flight[Fetched] | None:
        """Return the fetch under way, else a new one if `is_due` says so, else None."""
        with self._lock:
            if self.flight is None and is_due():
                flight = Flight[Fetched](self._clock())
                try:
                    threading.Thread(target=self._fly, args=(flight,), name=self._name, daemon=True).start()
                except RuntimeError:  # the system gives no more threads
                    self._on_failure("no thread could be started for it.")
                else:
                    self.flight = flight
            return self.flight

    def result_of(self, flight: Flight[Fetched]) -> Fetched:
        """Wait for the result, at most PATIENCE or IMPATIENCE. Raises FetchFailed."""
        is_patient = self._waiting.acquire(blocking=False)
        patience = max(0.0, flight.began + PATIENCE - self._clock())
        try:
            return flight.result(timeout=patience if is_patient else min(patience, IMPATIENCE))
        except Exception as error:
            raise FetchFailed from error
        finally:
            if is_patient:
                self._waiting.release()

    def _fly(self, flight: Flight[Fetched]) -> None:
        try:
            fetched = self._fetch()
        except Exception as error:  # noqa: BLE001 - all who wait for it are told
            with self._lock:
                self.flight = None
                self._on_failure(error)
            flight.set_exception(error)
            self._on_end(False)
        else:
            with self._lock:
                self.flight = None
                self._on_success(fetched)
            flight.set_result(fetched)
            self._on_end(True)
