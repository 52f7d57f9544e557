"""Commits the rows of calls that end at about the same time together; each call waits until its row is committed.

Committing twenty rows costs as much as committing one: one statement, and one wait for the disk. A row that comes while
nothing is being written is written at once. Rows that arrive in the meantime are written together afterwards.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, Protocol, TypeVar

from django.db import DataError, IntegrityError

from on_behalf_of.audit.new_rows import NewRow, insert_rows
from on_behalf_of.audit.pending_row import NotWritten
from on_behalf_of.audit.time_limit import current_limit
from on_behalf_of.audit.turn_to_write import turn_to_write

MAX_ROWS = 100  # in one statement
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


class Committed(Protocol[Row_co]):
    """A row, and what became of it."""

    @property
    def row(self) -> Row_co: ...

    is_durable: bool
    error: Exception | None  # about this row alone


def commit_each(commit: Callable[[Sequence[Row]], None], together: Sequence[Committed[Row]]) -> None:
    """Commit rows together, and note what became of each. If the database refuses one, the others are written alone."""
    try:
        commit([each.row for each in together])
    except (DataError, IntegrityError) as error:  # one of the rows is at fault: find out which
        if len(together) == 1:
            together[0].error = error
            return
        for each in together:
            commit_each(commit, [each])
    else:
        for each in together:
            each.is_durable = True


@dataclass(eq=False)
class _Waiting(Generic[Row]):
    row: Row
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False  # it is this call's turn to write
    is_durable: bool = False
    error: Exception | None = None  # about this row alone


class GroupCommit(Generic[Row]):
    """Commits rows together. `commit` makes rows durable, all or none, or raises; one thread at a time calls it."""

    def __init__(self, commit: Callable[[Sequence[Row]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[Row]] = deque()  # without those that are being written
        self._is_led = False

    def write(self, row: Row) -> None:
        """Write the row, and return once it is durable.

        Raises what `commit` raises about it. Raises NotWritten if another call reports that, or if the time limit in
        force ended the wait; the row may then have been written or not.
        """
        mine = _Waiting(row)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            self._lead()
        if mine.error:
            raise mine.error
        if not mine.is_durable:
            raise NotWritten

    def _wait(self, mine: _Waiting[Row]) -> None:
        if (limit := current_limit()) is None:
            mine.woken.wait()
            return
        with limit.spent():
            is_woken = mine.woken.wait(limit.left())
        if is_woken:
            return
        with self._lock:
            if not mine.leads and mine in self._waiting:  # otherwise it was just woken, or is just being written
                self._waiting.remove(mine)

    def _lead(self) -> None:
        together: list[_Waiting[Row]] = []
        try:
            with self._lock:
                while self._waiting and len(together) < MAX_ROWS:
                    together.append(self._waiting.popleft())
            commit_each(self._commit, together)
        finally:
            self._hand_over()
            for each in together:
                each.woken.set()

    def _hand_over(self) -> None:
        """Pass the lead to the call with the most time left among those written next: its limit applies to all."""
        with self._lock:
            if self._waiting:
                leader = self._waiting[min(len(self._waiting), MAX_ROWS) - 1]
                leader.leads = True
                leader.woken.set()
            else:
                self._is_led = False


@cache
def access_log() -> GroupCommit[NewRow]:
    """Return the process's only GroupCommit, for calls that change nothing else."""
    return GroupCommit(commit_rows)


def commit_rows(rows: Sequence[NewRow], *, only_writes: bool = False) -> None:
    """Make rows of the log durable, all or none. `only_writes`: see `turn_to_write`. Raises DatabaseError."""
    with turn_to_write(only_writes=only_writes):
        insert_rows(rows)
