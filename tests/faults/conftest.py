from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.on_behalf_of.audit import databases


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """An SQLite file with all tables, made in this process because that is fastest."""
    with django_db_blocker.unblock():
        yield databases.migrated_sqlite(tmp_path_factory.mktemp("migrated"))
