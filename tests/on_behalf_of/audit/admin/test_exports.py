"""Exports of the log: complete, without executable content, and always recorded."""

import csv
import io
import json
import tracemalloc
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import StreamingHttpResponse
from django.test import Client

from on_behalf_of.audit.admin import exporting
from on_behalf_of.audit.models import DelegatedAccess, LogOperation
from tests.on_behalf_of.audit.admin.conftest import LIST, MakeRow
from tests.on_behalf_of.audit.admin.pages import ids


def export(client: Client, form: str, query: str = "") -> StreamingHttpResponse:
    answer: Any = client.post(f"{LIST}export/{form}/{query}")
    assert answer.status_code == 200
    assert isinstance(answer, StreamingHttpResponse)
    return answer


def content(answer: StreamingHttpResponse) -> str:
    parts: Any = answer.streaming_content
    return b"".join(parts).decode()


def rows_of(answer: StreamingHttpResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(answer).removeprefix("\ufeff"))))


def test_csv_holds_every_field_of_the_filtered_rows(exporter: Client, log: MakeRow) -> None:
    rows = [log(decision="refused"), log(), log(decision="refused")]
    found = rows_of(export(exporter, "csv", "?decision=refused"))
    assert [int(row["id"]) for row in found] == ids(rows[0], rows[2])
    assert found[1] | {"id": ""} == {
        "id": "", "time": "2026-11-01T12:01:00+00:00", "request_id": f"{1:032x}", "trace_id": f"{4097:032x}",
        "trace_from_caller": json.dumps(rows[0].trace_from_caller), "issuer": "https://tenant.example/",
        "subject": "auth0|alice", "client_id": "bridge", "organization": rows[0].organization, "actor": "bridge",
        "actor_chain": '[{"sub": "bridge"}, {"sub": "inspector"}]', "token_id": "jti-1", "scopes": "read:private",
        "scopes_required": "read:private", "method": "GET", "path": "/api/notes/", "route": "/api/notes/",
        "status": "200", "decision": "refused", "reason": "", "source_address": "192.0.2.7", "duration_ms": "12",
        "format": "1", "digest": rows[0].digest,
    }  # fmt: skip


def test_json_lines_hold_the_values_as_they_are_stored(exporter: Client, log: MakeRow) -> None:
    row = log(subject='=1+1"\u202e\N{SNOWMAN}', organization="")
    text = content(export(exporter, "jsonl"))
    assert text.isascii()
    (line,) = text.splitlines()
    found = json.loads(line)
    assert found["subject"] == row.subject
    assert found["actor_chain"] == row.actor_chain
    assert found["time"] == row.time.isoformat()
    assert set(found) == {field.name for field in DelegatedAccess._meta.concrete_fields}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_cells_that_look_like_formulas_begin_with_an_apostrophe(exporter: Client, log: MakeRow, start: str) -> None:
    log(subject=f'{start}HYPERLINK("https://evil.example","x")', actor_chain=[{"sub": f"{start}1"}], path=f"{start}x")
    text = content(export(exporter, "csv"))
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    for value in row.values():
        assert not value.startswith(exporting.FORMULA)
    assert row["subject"].startswith("'")
    assert all(cell.startswith('"') for cell in text.splitlines()[1].split('","')[:1])


def test_characters_that_hide_or_reorder_are_written_out_in_csv(exporter: Client, log: MakeRow) -> None:
    log(subject="a\u202eb\u200bc\nd")
    (row,) = rows_of(export(exporter, "csv"))
    assert row["subject"] == "a<U+202E>b<U+200B>c<U+000A>d"


def test_the_file_name_holds_the_time_and_the_file_is_never_cached(exporter: Client, log: MakeRow) -> None:
    log()
    answer = export(exporter, "jsonl")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="delegated-access-20')
    assert answer.headers["Content-Disposition"].endswith('Z.jsonl"')
    assert answer.headers["Cache-Control"].startswith("no-store")


def test_an_export_is_recorded_with_its_filters_before_its_first_byte(exporter: Client, log: MakeRow) -> None:
    log()
    export(exporter, "csv", "?subject=auth0%7Calice&period=")
    operation = LogOperation.objects.get()
    assert (operation.kind, operation.by, operation.what) == ("export", "staff-audit-exporters", "csv")
    assert operation.filters == {"subject": "auth0|alice"}
    assert operation.count == 1


def test_an_export_that_cannot_be_recorded_is_refused(
    exporter: Client, log: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    log()

    def full(*_args: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(exporting, "record_export", full)
    answer = exporter.post(f"{LIST}export/csv/")
    assert answer.status_code == 503
    assert b"alice" not in answer.content


@pytest.mark.parametrize("path", ["export/xlsx/", "export/csv/?since=never", "export/csv/?q=%00"])
def test_an_invalid_export_is_explained_and_not_recorded(exporter: Client, log: MakeRow, path: str) -> None:
    log()
    answer = exporter.post(LIST + path, follow=True)
    assert "cannot be exported" in answer.content.decode()
    assert not LogOperation.objects.exists()


def test_a_link_exports_nothing(exporter: Client, log: MakeRow) -> None:
    log()
    assert exporter.get(f"{LIST}export/csv/").status_code == 405
    assert not LogOperation.objects.exists()


def test_many_rows_are_read_page_by_page_each_once(
    exporter: Client, log: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 3)
    rows = [log() for _ in range(10)]
    answer = export(exporter, "jsonl")
    log()  # arrives while somebody downloads
    found = [json.loads(line)["id"] for line in content(answer).splitlines()]
    assert found == ids(*rows)
    assert LogOperation.objects.get().count is None


def test_memory_does_not_grow_with_the_export(exporter: Client, log: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 50)
    first = log()
    names = [field.name for field in DelegatedAccess._meta.concrete_fields if field.name != "id"]
    DelegatedAccess.objects.bulk_create(
        DelegatedAccess(**{name: getattr(first, name) for name in names}) for _ in range(2_000)
    )
    parts: Any = export(exporter, "jsonl").streaming_content
    next(parts)
    tracemalloc.start()
    size = sum(len(part) for part in parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 1_000_000
    assert peak < size / 2
