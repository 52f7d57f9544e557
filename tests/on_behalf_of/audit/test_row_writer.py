"""A writer that commits rows in a thread of its own: all callers are told, whatever happens to their neighbours."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import chain

import pytest
from django.db import DataError, OperationalError

from on_behalf_of.audit.pending_row import NotWritten
from on_behalf_of.audit.row_writer import RowWriter

pytestmark = pytest.mark.django_db
PATIENCE = 30  # seconds


class Disk:
    """Commits rows as they come, unless it is told to wait or to fail."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.failure: Callable[[Sequence[str]], Exception | None] = lambda _rows: None
        self.is_free = threading.Event()
        self.is_free.set()

    def commit(self, rows: Sequence[str]) -> None:
        assert self.is_free.wait(PATIENCE)
        if error := self.failure(rows):
            raise error
        self.commits.append(list(rows))


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def writer(disk: Disk) -> Iterator[RowWriter[str]]:
    writer = RowWriter(disk.commit)
    yield writer
    disk.is_free.set()
    writer.stop()


def written(writer: RowWriter[str], row: str, seconds: float = PATIENCE) -> "Future[Exception | None]":
    told: Future[Exception | None] = Future()
    writer.write(row, seconds, told.set_result)
    return told


def test_rows_that_come_during_a_commit_are_committed_together_afterwards(writer: RowWriter[str], disk: Disk) -> None:
    disk.is_free.clear()
    told = [written(writer, name) for name in "abcd"]
    disk.is_free.set()
    assert [each.result(PATIENCE) for each in told] == [None] * 4
    assert sorted(chain(*disk.commits)) == list("abcd")
    assert len(disk.commits) <= 2


def test_one_row_that_the_database_refuses_does_not_harm_the_others(writer: RowWriter[str], disk: Disk) -> None:
    disk.failure = lambda rows: DataError() if "bad" in rows else None
    disk.is_free.clear()
    told = {name: written(writer, name) for name in ("first", "bad", "last")}
    disk.is_free.set()
    assert isinstance(told["bad"].result(PATIENCE), DataError)
    assert told["first"].result(PATIENCE) is told["last"].result(PATIENCE) is None


def test_an_outage_is_reported_once_and_everybody_is_told(writer: RowWriter[str], disk: Disk) -> None:
    written(writer, "before").result(PATIENCE)
    disk.failure = lambda _rows: OperationalError()
    disk.is_free.clear()
    waiting = written(writer, "alone")
    told = [written(writer, name) for name in "abc"]
    disk.is_free.set()
    kinds = [type(each.result(PATIENCE)) for each in (waiting, *told)]
    assert 1 <= kinds.count(OperationalError) <= 2  # one for each commit that was tried
    assert kinds.count(NotWritten) == 4 - kinds.count(OperationalError)
    disk.failure = lambda _rows: None
    assert written(writer, "after").result(PATIENCE) is None


def test_a_row_whose_time_is_over_is_not_written(writer: RowWriter[str], disk: Disk) -> None:
    assert isinstance(written(writer, "late", seconds=0).result(PATIENCE), NotWritten)
    assert disk.commits == []


def test_a_caller_that_fails_when_it_is_told_does_not_end_the_writer(writer: RowWriter[str]) -> None:
    def fail(_error: Exception | None) -> None:
        raise RuntimeError("gone")

    writer.write("first", PATIENCE, fail)
    assert written(writer, "second").result(PATIENCE) is None


def test_a_commit_that_fails_in_an_unexpected_way_is_logged_and_does_not_end_the_writer(
    writer: RowWriter[str], disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.failure = lambda _rows: RuntimeError("unexpected")
    assert isinstance(written(writer, "first").result(PATIENCE), RuntimeError)
    (line,) = caplog.records
    assert line.exc_info is not None
    assert isinstance(line.exc_info[1], RuntimeError)
    disk.failure = lambda _rows: None
    assert written(writer, "second").result(PATIENCE) is None


def test_what_is_waiting_is_written_before_the_writer_ends(writer: RowWriter[str], disk: Disk) -> None:
    told = [written(writer, str(number)) for number in range(250)]
    writer.stop()
    assert all(each.done() and each.result() is None for each in told)
    assert sorted(map(int, chain(*disk.commits))) == list(range(250))
    assert max(map(len, disk.commits)) <= 100
