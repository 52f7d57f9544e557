"""Set for all tests how many examples property tests try, and which groups of tests this machine can run."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.browser import launched
from tests.client_documents import make_authority
from tests.groups import GROUPS
from tests.services.running import Running

pytest_plugins = ["on_behalf_of.testing.plugin"]  # by an entry point where the package is installed

settings.register_profile("default", max_examples=10, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2_000, deadline=None, derandomize=True, database=None)
settings.load_profile("long" if os.environ.get("LONG_TESTS") == "1" else "default")


@pytest.fixture(scope="session", autouse=True)
def emptied_as_owner() -> Iterator[None]:
    """Let the owner empty the audit log, which Django cannot do after a transaction test."""
    # Both need the settings, which are there when the first test begins.
    from django.db import connection
    from django.test import TransactionTestCase

    from on_behalf_of.audit.triggers import lifted

    def teardown(case: TransactionTestCase) -> None:
        if connection.introspection.table_names():
            with lifted(connection):
                empty(case)

    with pytest.MonkeyPatch.context() as patch:
        empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined] # not in the stubs
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(scope="session")
def prepared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a STATE_DIR as a first start leaves it: migrated, seeded, with its secrets. Tests work on copies.

    Making it takes seconds, so the first process of a run makes it and the others wait.
    """
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    state, done = directory / "prepared", directory / "prepared.done"
    with (directory / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(state, ignore_errors=True)  # of a process that did not get to its end
            state.mkdir()
            running = Running(state)
            running.manage("migrate", "--verbosity=0")
            running.manage("seed_tenant", "--verbosity=0")
            done.touch()
    return state


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory, prepared_state: Path, authority: tuple[Path, Path]
) -> Iterator[Running]:
    """Run the three services as real processes, one set for all tests that do not change them."""
    state_dir = tmp_path_factory.mktemp("services")
    with Running(state_dir, prepared_state, LOCAL_TENANT_CIMD_CA=str(authority[0])).up() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests whose group this machine lacks; tests/run.py names the groups at the end."""
    for item in items:
        for name, group in GROUPS.items():
            if item.get_closest_marker(name) and group.is_missing():
                item.add_marker(pytest.mark.skip(reason=group.how_to_enable))
