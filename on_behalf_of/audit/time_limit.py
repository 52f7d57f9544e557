"""A limit on the total time that a caller waits for the database.

A stopped database refuses connections, but one that is frozen or cut off does not answer at all: only a limit on this
side ends the wait. `on_behalf_of.audit.postgresql` applies it to each of its waits. (SQLite waits for locks only, and
has its own limit for that, the `timeout` of its connection.)
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

DATABASE_TIME = 1.5  # seconds that the log's statements may wait, so that the caller has an answer within two


@dataclass
class TimeLimit:
    """The time that is left for waits, in seconds. Time between waits does not count."""

    seconds: float

    @contextmanager
    def spent(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds -= time.monotonic() - began

    def left(self) -> float:
        return max(0.0, self.seconds)


_limit: ContextVar[TimeLimit | None] = ContextVar("database_time_limit", default=None)


def current_limit() -> TimeLimit | None:
    return _limit.get()


class limited_database_time:  # noqa: N801 - used like a function; as a generator it would cost each call more
    """Inside the block, raise OperationalError once waits for the database have taken that long in total.

    An outer limit with less time left stays in force.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        outer = _limit.get()
        limit = TimeLimit(self._seconds if outer is None else min(self._seconds, outer.seconds))
        self._token = _limit.set(limit)

    def __exit__(self, *_error: object) -> None:
        _limit.reset(self._token)
