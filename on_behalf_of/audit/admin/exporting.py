"""The rows that a reviewer's filters find, as a file that is made while it is read.

Read page by page, like the list: no more than a page is held here, no transaction stays open for as long as somebody
downloads, and each page may be read in another thread, as `serving.wsgi_threads` does it. (What a slow reader has not
taken yet waits in the server, which does not say how much that is.)
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
# What spreadsheets take for the beginning of a formula, in its wide forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
FIELDS = ("id", "time", "request_id", "trace_id", "trace_from_caller", "issuer", "subject", "client_id", "organization",
          "actor", "actor_chain", "token_id", "scopes", "scopes_required", "method", "path", "route", "status",
          "decision", "reason", "source_address", "duration_ms", "format", "digest")  # fmt: skip


def export(user: str, form: str, asked: AccessFilter) -> HttpResponseBase:
    """Raises DatabaseError, and gives nothing away, where the export cannot be recorded."""
    first = page_before(asked, None, size=ROWS_AT_ONCE, columns=FIELDS)
    # How many rows there are is known where they fit on the first page; counting more would cost as much as the export.
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
    """RFC 4180, every cell quoted, a header first, UTF-8 with the mark that spreadsheets know it by.

    Characters that cannot be seen stand there as <U+202E>; the JSON Lines have them as they are.
    """
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(FIELDS)
    for rows in pages:
        yield "".join(writer.writerow([cell(getattr(row, name)) for name in FIELDS]) for row in rows)


def cell(value: object) -> str:
    """A value as no spreadsheet runs it: what looks like a formula begins with an apostrophe."""
    text = value if isinstance(value, str) else "" if value is None else _plain(value)
    return escaped(f"'{text}" if text.startswith(FORMULA) else text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value) if isinstance(value, (list, dict, bool)) else str(value)


def json_lines(pages: Iterator[list[DelegatedAccess]]) -> Iterator[str]:
    """One object a line, as stored; ASCII, so that nothing in it hides or reorders."""
    for rows in pages:
        yield "".join(json.dumps({name: _json(getattr(row, name)) for name in FIELDS}) + "\n" for row in rows)


def _json(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


class _Echo:
    """csv.writer's file: it gives back what is written, and keeps nothing."""

    def write(self, text: str) -> str:
        return text


WRITERS: dict[str, tuple[str, Callable[[Iterator[list[DelegatedAccess]]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "jsonl": ("application/x-ndjson", json_lines),
}
FORMS = {"csv": "CSV", "jsonl": "JSON Lines"}
