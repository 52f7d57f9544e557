"""Messages between a server and `AuditMiddleware` about a row that is written after the view is done.

`row_writer` explains how they use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a model, which servers may not load before Django is set up
    from on_behalf_of.audit.new_rows import NewRow

PENDING = "on_behalf_of.pending_row"  # in the WSGI environ: a PendingRow
NOT_RECORDED = "on_behalf_of.not_recorded"  # in the WSGI environ: the call's row could not be written, so refuse it


class NotWritten(Exception):
    """The row was to be written together with others. That failed, or did not happen in time."""


class Report(Protocol):
    def __call__(self, error: Exception | None, *, is_answered: bool) -> None:
        """Take note of what became of the row; `is_answered`: the server has given up waiting for it."""


def _no_report(error: Exception | None, *, is_answered: bool) -> None:
    pass


@dataclass
class PendingRow:
    """The row of one call, which is answered once the row is durable."""

    row: NewRow | None = None  # None: the call has been recorded already, or leaves no row
    seconds: float = 0.0  # that writing may take
    report: Report = _no_report  # called once the row is written, or cannot be, in the writer's thread
