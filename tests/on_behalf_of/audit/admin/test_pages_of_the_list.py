"""Going through the list page by page, and what that costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from on_behalf_of.audit.admin import newest_first
from on_behalf_of.audit.models import DelegatedAccess
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, START, MakeRow
from tests.on_behalf_of.audit.admin.pages import Page, ids, page

QUERIES = [
    "", "?decision=refused", "?reason=not_found", "?subject=a", "?actor=a", "?route=/a", "?trace=a", "?q=a",
    "?period=7d", "?since=2026-11-01&until=2026-11-02", "?scope=a", "?subject=a&decision=refused",
    "?q=a&actor=b&scope=c", "?before=1762000000000000-5", "?after=1762000000000000-5",
    "?subject=a&before=1762000000000000-5",
]  # fmt: skip
TABLE = "obo_audit_delegatedaccess"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest_first.page_before, "__kwdefaults__", {"size": 3, "columns": ()})
    monkeypatch.setattr(newest_first.page_after, "__kwdefaults__", {"size": 3, "columns": ()})


def follow(client: Client, shown: Page, rel: str) -> Page | None:
    links = shown.links(rel)
    return page(client.get(LIST + links[0])) if links else None


def test_no_row_is_lost_or_shown_twice_while_new_rows_arrive(auditor: Client, log: MakeRow) -> None:
    same_moment = START + timedelta(hours=1)
    rows = [
        log(),
        *(log(time=same_moment) for _ in range(5)),
        *(log(time=START + timedelta(hours=2)) for _ in range(4)),
    ]
    seen: list[int] = []
    shown: Page | None = page(auditor.get(LIST))
    while shown:
        seen += shown.listed
        log(time=START + timedelta(days=1))
        shown = follow(auditor, shown, "next")
    assert sorted(seen) == sorted(row.pk for row in rows)
    assert seen == [row.pk for row in sorted(rows, key=lambda row: (row.time, row.pk), reverse=True)]


def test_going_back_shows_the_same_pages(auditor: Client, log: MakeRow) -> None:
    for _ in range(10):
        log()
    pages = [page(auditor.get(LIST))]
    while older := follow(auditor, pages[-1], "next"):
        pages.append(older)
    shown = pages.pop()
    assert not shown.links("next")
    while pages:
        newer = follow(auditor, shown, "prev")
        assert newer is not None
        shown = newer
        assert shown.listed == pages.pop().listed
    assert not shown.links("prev")


def test_filters_are_kept_while_paging(auditor: Client, log: MakeRow) -> None:
    rows = [log(subject="auth0|bob") if number % 2 else log() for number in range(12)]
    first = page(auditor.get(LIST, {"subject": "auth0|bob"}))
    second = follow(auditor, first, "next")
    assert second is not None
    assert first.listed + second.listed == ids(*rows[1::2])


def test_a_sparse_search_stops_after_a_bounded_number_of_rows_and_can_continue(
    auditor: Client, log: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest_first, "MAX_LOOKED_AT", 4)
    wanted = log(scopes=["rare"])
    for _ in range(12):
        log()
    path, found, steps = LIST + "?scope=rare", [], 0
    while path and steps < 10:
        answer = auditor.get(path)
        shown, steps = page(answer), steps + 1
        found += shown.listed
        looked_on = [
            value["href"] for tag, value in shown.elements if tag == "a" and "before=" in (value.get("href") or "")
        ]
        assert bool(looked_on) == ("Searched back to" in shown.text)
        path = LIST + str(looked_on[0]) if looked_on else ""
    assert found == [wanted.pk]
    assert 3 <= steps <= 5


@pytest.mark.parametrize("path", [*(LIST + query for query in QUERIES), DASHBOARD, DASHBOARD + "?span=30d"])
def test_every_query_uses_an_index_and_none_scans_the_whole_log(auditor: Client, log: MakeRow, path: str) -> None:
    for _ in range(5):
        log()
    auditor.get(path)  # content types and the like are cached afterwards
    with CaptureQueriesContext(connection) as few:
        assert auditor.get(path).status_code == 200
    DelegatedAccess.objects.bulk_create(
        DelegatedAccess(
            **{
                field.name: getattr(row, field.name)
                for field in DelegatedAccess._meta.concrete_fields
                if field.name != "id"
            }
        )
        for row in list(DelegatedAccess.objects.all()) * 40
    )
    with CaptureQueriesContext(connection) as many:
        assert auditor.get(path).status_code == 200
    assert len(many) <= len(few) + 1
    assert len(many) <= 24
    for query in many.captured_queries:
        sql = query["sql"].upper()
        if TABLE.upper() not in sql:
            continue
        assert "DISTINCT" not in sql
        assert "COUNT(" not in sql or "WHERE" in sql
        plan = _plan(query["sql"])
        assert not [step for step in plan if step.startswith("SCAN") and TABLE in step and "INDEX" not in step], plan


def _plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        return [row[3] for row in cursor.fetchall()]
