"""The same list on PostgreSQL: its own refusals (NUL, dates, numbers) and its own plans."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, MakeRow
from tests.on_behalf_of.audit.admin.test_detail import (  # noqa: F401 - once more, on this database
    test_a_fresh_row_is_not_sealed_yet,
    test_a_tampered_row_is_still_shown,
    test_all_facts_of_a_call_are_shown,
)
from tests.on_behalf_of.audit.admin.test_exports import (  # noqa: F401
    test_an_export_is_recorded_with_its_filters_before_its_first_byte,
    test_many_rows_are_read_page_by_page_each_once,
)
from tests.on_behalf_of.audit.admin.test_list import (  # noqa: F401
    test_a_custom_range_includes_both_ends,
    test_a_missing_row_leads_back_to_the_list,
    test_an_invalid_filter_is_explained,
    test_an_invalid_position_leads_to_the_newest_rows,
    test_each_filter_and_search_finds_its_rows_and_no_others,
    test_invalid_utf_8_in_a_url_is_not_an_error,
    test_positions_beyond_the_log_are_empty_pages,
)
from tests.on_behalf_of.audit.admin.test_pages_of_the_list import QUERIES, TABLE

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("admin on postgresql")]
ROWS = 60_000


@pytest.fixture(scope="module")
def postgres_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), databases.scratch_postgres() as url:
        yield url


@pytest.fixture
def database(postgres_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), databases.rolled_back(postgres_database):
        yield


@pytest.fixture
def many(log: MakeRow) -> None:
    """Enough rows for the planner to take the log seriously."""
    row = log()
    columns = [str(field.column) for field in row._meta.concrete_fields if field.name not in {"id", "time", "subject"}]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (time, subject, {names}) "
            f"SELECT time - n * interval '1 second', 'user-' || n % 100, {names} "
            f"FROM {TABLE}, generate_series(1, {ROWS}) n"
        )
        cursor.execute(f"ANALYZE {TABLE}")


@pytest.mark.usefixtures("many")
def test_every_query_uses_an_index(auditor: Client) -> None:
    for path in [*(LIST + query for query in QUERIES), f"{LIST}?subject=user-7", DASHBOARD, f"{DASHBOARD}?span=30d"]:
        with CaptureQueriesContext(connection) as captured:
            assert auditor.get(path).status_code == 200
        for query in captured.captured_queries:
            if (
                TABLE in query["sql"] and "transaction_id" not in query["sql"]
            ):  # the sealer's questions have their LIMIT
                scans = [node for node in _nodes(_plan(query["sql"])) if "Seq Scan" in node["Node Type"]]
                assert not [node for node in scans if node.get("Relation Name") == TABLE], (path, query["sql"])


def _plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"))
        found = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)
