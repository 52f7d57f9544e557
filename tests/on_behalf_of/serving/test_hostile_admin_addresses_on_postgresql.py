"""The same on PostgreSQL, which refuses other values than SQLite, with other messages."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.serving.test_hostile_admin_addresses import (  # noqa: F401 - once more, on this database
    service,
    superuser,
    test_a_range_with_a_wrong_number_of_ends_gets_an_answer,
    test_a_refused_url_gets_a_reason,
    test_any_form_of_an_admin_gets_an_answer,
    test_any_id_and_parameter_of_any_page_gets_an_answer,
    test_any_url_of_a_list_gets_an_answer,
    test_each_filter_survives_a_nul_and_a_number_of_thirty_digits,
)

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("admin on postgresql")]


@pytest.fixture(scope="module")
def postgres_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), databases.scratch_postgres() as url:
        yield url


@pytest.fixture
def database(postgres_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), databases.rolled_back(postgres_database):
        yield
