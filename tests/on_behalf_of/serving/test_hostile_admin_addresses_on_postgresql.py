"""The same on PostgreSQL, which refuses other values than SQLite, and in other words."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.serving.test_hostile_admin_addresses import (  # noqa: F401 - once more, on this database
    service,
    superuser,
    test_a_range_with_too_few_or_too_many_ends_is_answered,
    test_a_refused_address_says_what_is_wrong_with_it,
    test_any_address_of_a_list_is_answered,
    test_any_form_of_an_admin_is_answered,
    test_any_id_and_any_parameter_of_any_page_is_answered,
    test_each_filter_of_each_list_takes_a_nul_and_a_number_of_thirty_digits,
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
