import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker, Settings
from rest_framework.test import APIClient

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.sealing import seal_finished_rows
from on_behalf_of.audit.state import sealing_state
from on_behalf_of.drf.reasons import REASONS
from tests.issuer import Issuer, serving_issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.calls import read, write  # noqa: F401 - fixtures
from tests.rooms import configure, trust


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    with django_db_blocker.unblock():
        return databases.migrated_sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), databases.scratch_postgres() as url:
        yield url


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    with django_db_blocker.unblock(), databases.copied_sqlite(sqlite_template, tmp_path) as file:
        yield file


@pytest.fixture
def postgres(postgres_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with (
        django_db_blocker.unblock(),
        databases.default_database(databases.postgres_settings(postgres_database)),
    ):
        databases.empty_postgres()
        yield postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both."""
    name: str = request.param
    request.getfixturevalue(name)
    return name


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> AuditConfiguration:
    """A configuration with keys of the test's own."""
    keys = tmp_path / "keys"
    log = AuditConfiguration(keys / "seal_key.pem", keys / "public_keys.json", reasons=REASONS)
    configure(settings, AUDIT=log)
    return log


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


def api_for(settings: Settings, issuer: Issuer) -> APIClient:
    trust(settings, issuer)
    return APIClient(raise_request_exception=False)


@pytest.fixture
def api(database: str, log: AuditConfiguration, settings: Settings, issuer: Issuer) -> APIClient:
    return api_for(settings, issuer)


@pytest.fixture
def api_on_sqlite(sqlite: Path, log: AuditConfiguration, settings: Settings, issuer: Issuer) -> APIClient:
    return api_for(settings, issuer)


@pytest.fixture
def api_on_postgres(postgres: str, log: AuditConfiguration, settings: Settings, issuer: Issuer) -> APIClient:
    return api_for(settings, issuer)


def record(number: int = 0, **changes: Any) -> DelegatedAccess:
    """Add a row as a call would."""
    content: dict[str, Any] = {
        "time": datetime.now(UTC),
        "request_id": f"{number:032x}",
        "trace_id": "a" * 32,
        "trace_from_caller": False,
        "issuer": "https://tenant.example/",
        "subject": f"auth0|user-{number}",
        "client_id": "bridge",
        "organization": "org_acme",
        "actor": "bridge",
        "actor_chain": [{"sub": "bridge"}, {"sub": "inspector"}],
        "token_id": f"token-{number}",
        "scopes": ["read:private"],
        "scopes_required": ["read:private"],
        "method": "GET",
        "path": "/api/private-scope",
        "route": "/api/private-scope",
        "status": 200,
        "decision": "allowed",
        "reason": "",
        "source_address": "192.0.2.7",
        "duration_ms": 7,
    }
    return DelegatedAccess.objects.create(**(content | changes))


def seal_everything(log: AuditConfiguration, deadline: float = 600) -> None:
    """Seal until nothing waits.

    On PostgreSQL, rows wait for every transaction of the server that began before, such as those of other tests.
    """
    until = time.monotonic() + deadline
    while True:
        seal_finished_rows(log)
        if sealing_state().unsealed_rows == 0:
            return
        assert time.monotonic() < until, "some transaction of the server does not end"
