"""Promises 1 and 2 with group commit: no call returns before its row is durable."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import DataError, IntegrityError, OperationalError, connections

from on_behalf_of.audit import group_commit
from on_behalf_of.audit.group_commit import GroupCommit
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.new_rows import NewRow, insert_rows
from on_behalf_of.audit.pending_row import NotWritten
from on_behalf_of.audit.time_limit import current_limit, limited_database_time
from tests.on_behalf_of.audit.conftest import record

PATIENCE = 30  # seconds


class Disk:
    """Commits on command, and records which rows were committed together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)
        self.failure: Callable[[Sequence[int]], BaseException | None] = lambda _rows: None

    def commit(self, rows: Sequence[int]) -> None:
        self.begun.release()
        assert self.may_go_on.acquire(timeout=PATIENCE)
        if failure := self.failure(rows):
            raise failure
        self.groups.append(list(rows))


@pytest.fixture
def disk() -> Disk:
    return Disk()


def queued(group: GroupCommit[int], pool: ThreadPoolExecutor, rows: Sequence[int]) -> dict[int, "Future[None]"]:
    """Calls that wait behind the one that is being written, in this order."""
    futures = {}
    for number, row in enumerate(rows, start=1):
        futures[row] = pool.submit(group.write, row)
        while len(group._waiting) < number:
            pass
    return futures


def test_rows_that_arrive_during_a_write_are_written_together(disk: Disk) -> None:
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, [1, 2, 3, 4])
        assert not any(future.done() for future in (first, *others.values()))
        disk.may_go_on.release()
        first.result(PATIENCE)
        assert disk.begun.acquire(timeout=PATIENCE)
        assert not any(future.done() for future in others.values())  # begun is not durable
        disk.may_go_on.release()
        for future in others.values():
            future.result(PATIENCE)
    assert disk.groups == [[0], [1, 2, 3, 4]]


def test_no_statement_exceeds_the_maximum_number_of_rows(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_ROWS", 3)
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, range(1, 8))
        for _ in range(4):
            disk.may_go_on.release()
        for future in (first, *others.values()):
            future.result(PATIENCE)
    assert disk.groups == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_an_outage_fails_only_the_rows_of_the_same_write(disk: Disk) -> None:
    disk.failure = lambda rows: OperationalError() if 1 in rows else None
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, [1, 2, 3])
        for _ in range(3):
            disk.may_go_on.release()
        first.result(PATIENCE)
        raised = [type(future.exception(PATIENCE)) for future in others.values()]
        assert raised == [NotWritten, NotWritten, OperationalError]  # one call reports the outage, not each
        group.write(4)
    assert disk.groups == [[0], [4]]


def test_an_interrupted_writer_leaves_no_caller_waiting(disk: Disk) -> None:
    disk.failure = lambda rows: SystemExit() if 1 in rows else None
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, [1, 2])
        for _ in range(3):
            disk.may_go_on.release()
        first.result(PATIENCE)
        assert [type(future.exception(PATIENCE)) for future in others.values()] == [NotWritten, SystemExit]
        group.write(3)
    assert disk.groups == [[0], [3]]


@pytest.mark.parametrize("error", [IntegrityError, DataError])
def test_a_row_that_the_database_refuses_fails_alone(disk: Disk, error: type[Exception]) -> None:
    disk.failure = lambda rows: error() if 2 in rows else None
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, [1, 2, 3])
        for _ in range(5):
            disk.may_go_on.release()
        for future in (first, others[1], others[3]):
            future.result(PATIENCE)
        with pytest.raises(error):
            others[2].result(PATIENCE)
    assert disk.groups == [[0], [1], [3]]


def test_a_caller_without_time_gives_up_and_is_not_written_later(disk: Disk) -> None:
    group = GroupCommit(disk.commit)

    def write_soon(row: int) -> None:
        with limited_database_time(0.05):
            group.write(row)

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        hurried = pool.submit(write_soon, 1)
        with pytest.raises(NotWritten):
            hurried.result(PATIENCE)
        disk.may_go_on.release(2)
        first.result(PATIENCE)
        group.write(2)
    assert disk.groups == [[0], [2]]


def test_the_waiting_caller_with_the_most_time_writes_for_all(disk: Disk) -> None:
    """The limit of the call that writes ends the statement, for all whose rows it holds."""
    left: list[float] = []

    def commit(rows: Sequence[int]) -> None:
        limit = current_limit()
        left.append(limit.left() if limit else 0)
        disk.commit(rows)

    def write(row: int, seconds: float) -> None:
        with limited_database_time(seconds):
            group.write(row)

    group: GroupCommit[int] = GroupCommit(commit)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(write, 0, PATIENCE)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = []
        for number, seconds in enumerate((PATIENCE, 2 * PATIENCE, 3 * PATIENCE), start=1):
            others.append(pool.submit(write, number, seconds))
            while len(group._waiting) < number:
                pass
        disk.may_go_on.release(2)
        for future in (first, *others):
            future.result(PATIENCE)
    assert disk.groups == [[0], [1, 2, 3]]
    assert left[1] > 2 * PATIENCE


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, MemoryError])
def test_if_the_caller_that_retries_rows_singly_is_interrupted_the_others_still_get_an_error(
    disk: Disk, end: type[BaseException]
) -> None:
    disk.failure = lambda rows: IntegrityError() if len(rows) > 1 else end() if rows == [1] else None
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(group.write, 0)
        assert disk.begun.acquire(timeout=PATIENCE)
        others = queued(group, pool, [1, 2, 3])
        disk.may_go_on.release(5)
        first.result(PATIENCE)
        raised = [type(future.exception(PATIENCE)) for future in others.values()]
        group.write(4)
    assert sorted(raised, key=str) == sorted([end, NotWritten, NotWritten], key=str)
    assert disk.groups == [[0], [4]]


def test_parallel_rows_are_each_written_once() -> None:
    """For any order in which threads wake, give up and take over."""
    written: list[int] = []
    group: GroupCommit[int] = GroupCommit(written.extend)
    told: list[int] = []

    def write(row: int) -> None:
        try:
            with limited_database_time(0.002 if row % 3 else 10):
                group.write(row)
        except NotWritten:
            return
        told.append(row)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(write, range(3_000)))
    assert len(written) == len(set(written))
    assert set(told) <= set(written)
    assert set(told) >= set(range(0, 3_000, 3))
    group.write(3_000)  # and nobody is left who should have led
    assert written[-1] == 3_000


def test_rows_inserted_together_equal_rows_saved_one_by_one(database: str) -> None:
    saved = [
        record(number, source_address=address) for number, address in enumerate(("192.0.2.7", "2001:db8::1", None))
    ]
    names = [field.name for field in DelegatedAccess._meta.concrete_fields if field.name != "id"]
    content = DelegatedAccess.FORMATS[1]
    insert_rows([NewRow(DelegatedAccess, {name: getattr(row, name) for name in content}, row.time) for row in saved])
    rows = list(DelegatedAccess.objects.order_by("id").values(*names))
    assert rows[3:] == rows[:3]
    assert rows[0]["digest"]
    connections.close_all()
