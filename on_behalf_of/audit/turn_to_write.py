"""Lets the threads of a process take turns before they ask SQLite for its write lock.

SQLite lets one connection write at a time, and the others try again now and then, in no order. Without turns, a busy
machine could pass one thread over until its time is up. SQLite still waits for other processes in its own way, and
PostgreSQL needs no turns.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, OperationalError

from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.time_limit import current_limit

_turn = threading.Lock()
WAIT = "_on_behalf_of_wait"  # attribute of Django's connections: the connection that is open, and its wait in seconds


@contextmanager
def turn_to_write(*, only_writes: bool = False) -> Iterator[None]:
    """Let no other thread of this process write inside the block. Do not nest it.

    `only_writes`: this thread's connection is used in such blocks only, so how long it waits need not be set back.

    The waits for the turn and for other processes both count against the limit in force; without a limit there are no
    turns. Raises OperationalError if the turn does not come in time.
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
        with _shorter_wait(limit.left(), is_set_back=not only_writes):
            yield
    finally:
        _turn.release()


@contextmanager
def _shorter_wait(seconds: float, *, is_set_back: bool) -> Iterator[None]:
    """Wait for other processes no longer than this, and no longer than the connection would anyway."""
    usual: float = log_connection().settings_dict["OPTIONS"].get("timeout", 5.0)
    in_steps = int(seconds * 10) / 10 or seconds  # so that it seldom changes
    try:
        _let_wait(min(in_steps, usual), usual)
        yield
    finally:
        if is_set_back:
            with suppress(DatabaseError):  # the connection is used again, without this limit
                _let_wait(usual, usual)


def _let_wait(seconds: float, usual: float) -> None:
    """Set how long SQLite waits while other processes write, unless that is what this connection does already."""
    connection = log_connection()
    connection.ensure_connection()
    opened, present = getattr(connection, WAIT, (None, usual))
    if opened is not connection.connection:
        present = usual
    if seconds != present:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1_000)}")
        setattr(connection, WAIT, (connection.connection, seconds))
