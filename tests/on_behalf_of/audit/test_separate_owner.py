"""docs/audit.md: an application role that may only add to the log and read it. The tests run the documented SQL."""

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.state import record_export, sealing_state
from tests.docs.blocks import blocks
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.conftest import record, seal_everything
from tests.on_behalf_of.audit.databases import execute
from tests.on_behalf_of.drf.conftest import bearer

ROLE = f"audit_app_{os.getpid()}"
pytestmark = pytest.mark.postgres


def documented_sql() -> str:
    (block,) = blocks("docs/audit.md", "sql")
    return block.text.replace("audit_app", ROLE)


@pytest.fixture
def as_application(postgres: str) -> Iterator[None]:
    execute(documented_sql())
    settings = databases.postgres_settings(postgres)
    settings["OPTIONS"]["assume_role"] = ROLE
    try:
        with databases.default_database(settings):
            yield
    finally:
        execute(f"DROP OWNED BY {ROLE}")
        execute(f"DROP ROLE {ROLE}")


def test_the_application_serves_records_seals_and_verifies(
    as_application: None, api_on_postgres: APIClient, issuer: Issuer, log: AuditConfiguration
) -> None:
    token = issuer.token(scope="read:private write:private")
    header = bearer(token)
    assert api_on_postgres.post("/api/notes/", {"title": "x"}, format="json", **header).status_code == 201
    note = Note.objects.get()
    assert api_on_postgres.patch(f"/api/notes/{note.pk}/", {"title": "y"}, format="json", **header).status_code == 200
    assert api_on_postgres.delete(f"/api/notes/{note.pk}/", **header).status_code == 204
    record_export("root", "csv", {})
    seal_everything(log)
    call_command("audit_verify")
    state = sealing_state()
    assert (state.sealed_rows, state.last_verdict, state.triggers_ok) == (4, "intact", True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE obo_audit_delegatedaccess SET subject = 'x'",
        "DELETE FROM obo_audit_delegatedaccess",
        "TRUNCATE obo_audit_delegatedaccess",
        "ALTER TABLE obo_audit_delegatedaccess DISABLE TRIGGER USER",
        "DROP TRIGGER obo_audit_delegatedaccess_row ON obo_audit_delegatedaccess",
        "DROP TABLE obo_audit_delegatedaccess",
        "DELETE FROM obo_audit_seal",
        "INSERT INTO obo_audit_tombstone SELECT FROM obo_audit_seal",
        "CREATE OR REPLACE FUNCTION obo_audit_append_only() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "SET session_replication_role = 'replica'",
    ],
)
def test_the_application_can_change_neither_the_log_nor_its_protection(as_application: None, statement: str) -> None:
    record()
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        execute(statement)
    assert DelegatedAccess.objects.count() == 1
