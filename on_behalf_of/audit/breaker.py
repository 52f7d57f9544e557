import threading
import time

TRIAL_PAUSE = 1.0  # seconds between trials while the log cannot be written


class Breaker:
    """After a failure everybody fails at once, but for one trial a second; the first that succeeds lets all pass.

    Without it, every call would wait for a dead database as long as the first one did, and calls would queue up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_trial: float | None = None  # None: closed, everybody passes

    def lets_pass(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self._next_trial is None:
                return True
            if now < self._next_trial:
                return False
            self._next_trial = now + TRIAL_PAUSE
            return True

    def failed(self) -> None:
        with self._lock:
            self._next_trial = time.monotonic() + TRIAL_PAUSE

    def succeeded(self) -> None:
        with self._lock:
            self._next_trial = None
