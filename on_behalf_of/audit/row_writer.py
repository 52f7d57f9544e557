"""Commits rows in a thread of its own, so that no thread that runs views waits for the disk.

A server that can answer later puts a PendingRow into the WSGI environ. `AuditMiddleware` hands over the call's row
there instead of waiting for it, and the server answers once the row is durable. Rows that arrive while others are being
written are committed together afterwards, as in `group_commit`, which serves all other servers.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from django.db import DatabaseError

from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.group_commit import MAX_ROWS, commit_each, commit_rows
from on_behalf_of.audit.new_rows import NewRow
from on_behalf_of.audit.pending_row import NotWritten
from on_behalf_of.audit.time_limit import limited_database_time

log = logging.getLogger(__name__)
IDLE = 1.0  # seconds after which a connection is checked before it is used again
Row = TypeVar("Row")


@dataclass(eq=False)
class _Waiting(Generic[Row]):
    row: Row
    ends_at: float  # time.monotonic()
    done: Callable[[Exception | None], None]
    is_durable: bool = False
    error: Exception | None = None


class RowWriter(Generic[Row]):
    """Commits rows together. `commit` makes rows durable, all or none, or raises."""

    def __init__(self, commit: Callable[[Sequence[Row]], None]) -> None:
        self._commit = commit
        self._queue: queue.SimpleQueue[_Waiting[Row] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, row: Row, seconds: float, done: Callable[[Exception | None], None]) -> None:
        """Write the row, and then call `done` with None, or with the error if the row is not known to be durable.

        `done` is called in the writer's thread. Never waits. A row whose `seconds` are over is not tried any more.
        Callers need their own limit for `done`, because a commit may hang.
        """
        if self._thread is None:
            self._start()
        self._queue.put(_Waiting(row, time.monotonic() + seconds, done))

    def stop(self) -> None:
        """Write what is waiting, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread:
            self._queue.put(None)
            thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit-rows", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        used_at = -IDLE
        while (first := self._queue.get()) is not None:
            together = [first]
            is_last = False
            with contextlib.suppress(queue.Empty):
                while len(together) < MAX_ROWS:
                    if (more := self._queue.get_nowait()) is None:
                        is_last = True
                        break
                    together.append(more)
            self._write(together, is_idle=time.monotonic() - used_at > IDLE)
            used_at = time.monotonic()
            if is_last:
                break
        log_connection().close()

    def _write(self, together: list[_Waiting[Row]], *, is_idle: bool) -> None:
        now = time.monotonic()
        in_time = [each for each in together if each.ends_at > now]
        failure: Exception = NotWritten()
        try:
            if in_time:
                # The longest time counts for all. A caller whose time ends earlier is answered by the server.
                with limited_database_time(max(each.ends_at for each in in_time) - now):
                    if is_idle or log_connection().errors_occurred:
                        log_connection().close_if_unusable_or_obsolete()
                    commit_each(self._commit, in_time)
        except DatabaseError as error:
            failure = error
        except Exception as error:  # a thread that ended would leave every later call without its row
            log.exception("Rows of the audit log could not be written.")
            failure = error
        for each in together:
            outcome = None if each.is_durable else each.error or failure
            if outcome is failure:
                failure = NotWritten()  # it is reported once
            try:
                each.done(outcome)
            except Exception:
                log.exception("A caller could not be told what became of its row.")


def row_writer() -> RowWriter[NewRow]:
    """Return a writer of rows of the log."""
    return RowWriter(partial(commit_rows, only_writes=True))
