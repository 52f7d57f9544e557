from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.triggers import PROTECTED, lifted

LIST = "/admin/obo_audit/delegatedaccess/"
DASHBOARD = "/admin/obo_audit/delegatedaccess/dashboard/"
START = datetime(2026, 11, 1, 12, tzinfo=UTC)

MakeRow = Callable[..., DelegatedAccess]
MakeClient = Callable[..., Client]


@pytest.fixture(autouse=True)
def _admin_of_the_api(settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.api.urls"


@pytest.fixture
def database(db: None) -> None:
    """The database for the rows; `test_on_postgresql` overrides this fixture."""


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """For tests that commit or use other threads: the log's owner empties it at the end."""
    yield
    with lifted(connection), connection.cursor() as cursor:
        for table in PROTECTED:
            cursor.execute(f"DELETE FROM {table}")


@pytest.fixture
def log(database: None) -> MakeRow:
    """Adds a row to the audit log, each a minute later than the one before."""
    number = 0

    def make(**fields: Any) -> DelegatedAccess:
        nonlocal number
        number += 1
        values: dict[str, Any] = {
            "time": START + timedelta(minutes=number),
            "request_id": f"{number:032x}",
            "trace_id": f"{number + 4096:032x}",
            "issuer": "https://tenant.example/",
            "subject": "auth0|alice",
            "client_id": "bridge",
            "actor": "bridge",
            "actor_chain": [{"sub": "bridge"}, {"sub": "inspector"}],
            "token_id": f"jti-{number}",
            "scopes": ["read:private"],
            "scopes_required": ["read:private"],
            "method": "GET",
            "path": "/api/notes/",
            "route": "/api/notes/",
            "status": 200,
            "decision": "allowed",
            "reason": "",
            "source_address": "192.0.2.7",
            "duration_ms": 12,
        }
        row: DelegatedAccess = baker.make(DelegatedAccess, **values | fields)
        return row

    return make


@pytest.fixture
def staff(database: None) -> MakeClient:
    """A browser in which a member of staff who belongs to these groups is logged in."""

    def make(*groups: str, is_superuser: bool = False) -> Client:
        name = "-".join(["staff", *groups]).lower().replace(" ", "-")
        user = User.objects.create(username=name, is_staff=True, is_superuser=is_superuser)
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def auditor(staff: MakeClient) -> Client:
    return staff("Auditors")


@pytest.fixture
def exporter(staff: MakeClient) -> Client:
    return staff("Audit exporters")
