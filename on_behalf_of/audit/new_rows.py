"""Rows of the log to be written, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from on_behalf_of.audit.append_only import SealedRow, content_digest
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.plain_rows import insert_plain_rows


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row of `model`. `content` has all fields that the newest format names, except `time`, which is now."""

    model: type[SealedRow]
    content: Mapping[str, Any]
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


def insert_rows(rows: Sequence[NewRow]) -> None:
    """Add rows of one model in one statement: all or none. Their ids are not read back."""
    model = rows[0].model
    newest = max(model.FORMATS)
    insert_plain_rows(log_connection(), model, [_complete(row, newest) for row in rows])


def _complete(row: NewRow, newest: int) -> dict[str, Any]:
    content = {**row.content, "time": row.time}
    return content | {"format": newest, "digest": content_digest(row.model, newest, content)}
