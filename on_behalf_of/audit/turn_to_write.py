"""SQLite lets one connection write at a time, and has the others try again now and then, in no order.

So the threads of one process take turns before they ask it: on a busy machine nobody is passed over until its time is
up. What other processes write is still waited for as SQLite does it, and PostgreSQL needs none of this.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, OperationalError

from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.time_limit import current_limit

_turn = threading.Lock()


@contextmanager
def turn_to_write() -> Iterator[None]:
    """Inside, no other thread of this process writes. Not to be nested.

    Both waits, for the turn and then for other processes, come out of the limit in force; without a limit there are no
    turns. Raises OperationalError where the turn does not come in time.
    """
    limit = current_limit()
    if limit is None or log_connection().vendor != "sqlite":
        yield
        return
    with limit.spent():
        has_turn = _turn.acquire(timeout=limit.left())
    if not has_turn:
        raise OperationalError("the other threads of this process did not finish writing in time")
    try:
        with _shorter_wait(limit.left()):
            yield
    finally:
        _turn.release()


@contextmanager
def _shorter_wait(seconds: float) -> Iterator[None]:
    """What other processes write is waited for no longer than this, nor than the connection does anyway."""
    usual: float = log_connection().settings_dict["OPTIONS"].get("timeout", 5.0)
    if seconds >= usual:  # as nearly always, and each PRAGMA is a statement more
        yield
        return
    try:
        _let_wait(seconds)
        yield
    finally:
        with suppress(DatabaseError):  # the connection stays, and what comes next on it has no such limit
            _let_wait(usual)


def _let_wait(seconds: float) -> None:
    """For what other processes write."""
    with log_connection().cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1_000)}")
