"""On SQLite, the threads of a process take turns to write, and wait no longer than the call's deadline."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from on_behalf_of.audit.time_limit import limited_database_time
from on_behalf_of.audit.turn_to_write import turn_to_write
from tests.on_behalf_of.audit.databases import execute


@contextmanager
def taken() -> Iterator[None]:
    """Give the turn to another thread."""
    has_turn, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with limited_database_time(30), turn_to_write():
            has_turn.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert has_turn.wait(30)
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def test_a_thread_whose_turn_does_not_come_in_time_gives_up(sqlite: object) -> None:
    with taken():
        began = time.monotonic()
        with limited_database_time(0.2), pytest.raises(OperationalError), turn_to_write():
            pytest.fail("two threads had the turn at once")
        assert time.monotonic() - began >= 0.2
    with limited_database_time(0.2), turn_to_write():
        assert execute("SELECT 1") == [(1,)]


def test_sqlite_waits_for_other_processes_no_longer_than_the_time_left(sqlite: object) -> None:
    with limited_database_time(0.5), turn_to_write():
        ((milliseconds,),) = execute("PRAGMA busy_timeout")
    assert 0 < milliseconds <= 500
    assert execute("PRAGMA busy_timeout") == [(1_400,)]  # as configured; the connection is used for other things too


def test_a_turn_ends_with_an_error(sqlite: object) -> None:
    with limited_database_time(0.2), pytest.raises(RuntimeError), turn_to_write():
        raise RuntimeError
    with limited_database_time(0.2), turn_to_write():
        pass


@pytest.mark.postgres
def test_postgresql_allows_parallel_writers(postgres: str) -> None:
    with taken(), limited_database_time(0.2), turn_to_write():
        assert execute("SELECT 1") == [(1,)]


def test_migrating_switches_sqlite_to_wal(sqlite: object) -> None:
    """Each commit is durable. The test asks a connection that does not set the mode itself."""
    assert "journal_mode" not in str(connection.settings_dict["OPTIONS"])
    assert execute("PRAGMA journal_mode") == [("wal",)]
    assert execute("PRAGMA synchronous") == [(2,)]
