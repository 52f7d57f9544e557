"""Calls that end at about the same time have their rows committed together, and each waits until they are.

Making one row durable costs as much as making twenty so: one statement, and one wait for the disk. Whoever comes while
nothing is being written writes at once; whoever comes meanwhile is written together with all others who came meanwhile.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar

from django.db import DataError, IntegrityError

from downstream_api.audit.append_only import SealedRow, insert_rows
from downstream_api.audit.time_limit import current_limit
from downstream_api.audit.turn_to_write import turn_to_write

MAX_ROWS = 100  # in one statement
Row = TypeVar("Row")


class NotWritten(Exception):
    """Another call was writing the row, and failed, or did not come to it in time."""


@dataclass(eq=False)
class _Waiting(Generic[Row]):
    row: Row
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False  # it is this call's turn to write
    error: Exception | None = None


class GroupCommit(Generic[Row]):
    """`commit` makes rows durable, all or none, or raises. It is called by one thread at a time."""

    def __init__(self, commit: Callable[[Sequence[Row]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[Row]] = deque()  # without those that are being written
        self._is_led = False

    def write(self, row: Row) -> None:
        """Return once the row is durable.

        Raises what `commit` raises about it, and NotWritten where that was another call's to report, or where the
        time limit in force ended the wait; the row may then have been written or not.
        """
        mine = _Waiting(row)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            self._lead(mine)
        elif mine.error:
            raise mine.error

    def _wait(self, mine: _Waiting[Row]) -> None:
        if (limit := current_limit()) is None:
            mine.woken.wait()
            return
        with limit.spent():
            is_woken = mine.woken.wait(limit.left())
        if is_woken:
            return
        with self._lock:
            if mine.leads or mine.woken.is_set():  # in this very moment; others count on it
                return
            if mine in self._waiting:
                self._waiting.remove(mine)
        raise NotWritten

    def _lead(self, mine: _Waiting[Row]) -> None:
        with self._lock:
            together = [self._waiting.popleft() for _ in range(min(MAX_ROWS, len(self._waiting)))]
        others = [each for each in together if each is not mine]
        try:
            self._commit([each.row for each in together])
        except (DataError, IntegrityError):  # something is wrong with one of them: which?
            self._write_singly(together)
            if mine.error:
                raise mine.error from None
        except BaseException:
            for each in others:
                each.error = NotWritten()
            raise
        finally:
            self._hand_over()
            for each in others:
                each.woken.set()

    def _write_singly(self, together: list[_Waiting[Row]]) -> None:
        for each in together:
            try:
                self._commit([each.row])
            except Exception as error:  # noqa: BLE001 - whoever waits for the row is to raise it
                each.error = error

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].woken.set()
            else:
                self._is_led = False


@cache
def access_log() -> GroupCommit[SealedRow]:
    """The process's one way to record calls that change nothing else."""
    return GroupCommit(_commit_rows)


def _commit_rows(rows: Sequence[SealedRow]) -> None:
    with turn_to_write():
        insert_rows(rows)
