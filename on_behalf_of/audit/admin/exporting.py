"""Exports the rows that match a reviewer's filters, as a file that is made while it is downloaded.

Rows are read page by page, like the list: only one page is in memory, no transaction stays open during the download,
and each page may be read in another thread, as `serving.wsgi_threads` does. (The server buffers what a slow client has
not read yet, and does not say how much that is.)
"""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from on_behalf_of.audit.admin.filters import AccessFilter
from on_behalf_of.audit.admin.newest_first import Page, page_before
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.state import record_export
from on_behalf_of.primitives.visible_text import escaped

ROWS_AT_ONCE = 1_000
# What spreadsheets take for the beginning of a formula, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
FIELDS = ("id", "time", "request_id", "trace_id", "trace_from_caller", "issuer", "subject", "client_id", "organization",
          "actor", "actor_chain", "token_id", "scopes", "scopes_required", "method", "path", "route", "status",
          "decision", "reason", "source_address", "duration_ms", "format", "digest")  # fmt: skip


def export(user: str, form: str, asked: AccessFilter) -> HttpResponseBase:
    """Return the response with the export. Raises DatabaseError, and sends no row, if it cannot be recorded."""
    first = page_before(asked, None, size=ROWS_AT_ONCE, columns=FIELDS)
    # The number of rows is known if they fit on the first page; counting more would cost as much as the export.
    count = len(first.rows) if first.older is None else None
    record_export(user, form, asked.values, count)
    content_type, lines = WRITERS[form]
    response = StreamingHttpResponse(lines(_all_rows(first, asked)), content_type=content_type)
    name = f"delegated-access-{timezone.now().astimezone(UTC):%Y%m%dT%H%M%SZ}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _all_rows(page: Page, asked: AccessFilter) -> Iterator[list[DelegatedAccess]]:
    yield page.rows
    while page.older:
        page = page_before(asked, page.older, size=ROWS_AT_ONCE, columns=FIELDS)
        yield page.rows


def csv_lines(pages: Iterator[list[DelegatedAccess]]) -> Iterator[str]:
    """Yield RFC 4180 lines, a header first, every cell quoted, with the byte order mark that spreadsheets expect.

    Invisible characters are written in the form <U+202E>; the JSON Lines keep them as they are.
    """
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(FIELDS)
    for rows in pages:
        yield "".join(writer.writerow([cell(getattr(row, name)) for name in FIELDS]) for row in rows)


def cell(value: object) -> str:
    """Return a value as text that no spreadsheet runs: what looks like a formula gets an apostrophe in front."""
    text = value if isinstance(value, str) else "" if value is None else _plain(value)
    return escaped(f"'{text}" if text.startswith(FORMULA) else text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value) if isinstance(value, (list, dict, bool)) else str(value)


def json_lines(pages: Iterator[list[DelegatedAccess]]) -> Iterator[str]:
    """Yield one object per line, as stored; in ASCII, so that no character hides or reorders text."""
    for rows in pages:
        yield "".join(json.dumps({name: _json(getattr(row, name)) for name in FIELDS}) + "\n" for row in rows)


def _json(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


class _Echo:
    """A file for csv.writer that returns what is written and keeps nothing."""

    def write(self, text: str) -> str:
        return text


WRITERS: dict[str, tuple[str, Callable[[Iterator[list[DelegatedAccess]]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "jsonl": ("application/x-ndjson", json_lines),
}
FORMS = {"csv": "CSV", "jsonl": "JSON Lines"}
