"""Promise 6: rows and seals are only added, and nobody can change or remove them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess, LogOperation
from on_behalf_of.audit.triggers import PROTECTED, lifted, missing_triggers
from tests.on_behalf_of.audit.conftest import record, seal_everything
from tests.on_behalf_of.audit.databases import execute, is_postgresql

ROWS = "obo_audit_delegatedaccess"


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.save(),
        lambda row: row.save(force_update=True),
        lambda row: row.delete(),
        lambda row: DelegatedAccess.objects.update(subject="x"),
        lambda row: DelegatedAccess.objects.filter(pk=row.pk).update(status=F("status") + 1),
        lambda row: DelegatedAccess.objects.all().delete(),
        lambda row: DelegatedAccess.objects.bulk_update([row], ["subject"]),
        lambda row: DelegatedAccess.objects.update_or_create(pk=row.pk, defaults={"subject": "x"}),
        lambda row: DelegatedAccess.objects.get_or_create(pk=row.pk),
        lambda row: DelegatedAccess.objects.bulk_create([row], ignore_conflicts=True),
        lambda row: DelegatedAccess.objects.bulk_create(
            [row], update_conflicts=True, update_fields=["subject"], unique_fields=["id"]
        ),
        lambda row: DelegatedAccess._base_manager.filter(pk=row.pk).delete(),
    ],
)
def test_djangos_methods_that_change_a_row_raise(database: str, change: Callable[[DelegatedAccess], object]) -> None:
    row = record()
    with pytest.raises(TypeError):
        change(row)
    assert DelegatedAccess.objects.get().subject == "auth0|user-0"


def test_a_row_with_an_existing_id_does_not_replace_that_row(database: str) -> None:
    row = record()
    with pytest.raises(DatabaseError):
        record(1, id=row.pk)
    assert DelegatedAccess.objects.get().subject == "auth0|user-0"


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {ROWS} SET subject = 'x'",
        f"UPDATE {ROWS} SET digest = digest",
        f"DELETE FROM {ROWS}",
        "UPDATE obo_audit_seal SET signature = 'x'",
        "DELETE FROM obo_audit_seal",
        "UPDATE obo_audit_logoperation SET count = 7",
        "DELETE FROM obo_audit_logoperation",
    ],
)
def test_the_database_refuses_to_change_or_delete(database: str, log: AuditConfiguration, statement: str) -> None:
    fill(log)
    with pytest.raises(DatabaseError, match="append-only"):
        execute(statement)
    assert counts() == [1, 1]


@pytest.mark.parametrize("table", sorted(PROTECTED))
def test_inserting_over_a_row_is_refused(database: str, log: AuditConfiguration, table: str) -> None:
    fill(log)
    key = PROTECTED[table]
    columns = [row[0] for row in execute(f"SELECT name FROM ({COLUMNS[is_postgresql()]}) c", table)]
    listed = ", ".join(columns)
    copy = f"INTO {table} ({listed}) SELECT {listed} FROM {table}"
    update = f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
    statements = [f"INSERT {copy} WHERE true {update}", f"INSERT {copy}"]
    if not is_postgresql():
        statements += [f"REPLACE {copy}", f"INSERT OR REPLACE {copy}", f"INSERT OR IGNORE {copy}"]
    before = execute(f"SELECT * FROM {table}")
    for statement in statements:
        try:
            execute(statement)
        except DatabaseError:
            continue
        assert not before, statement  # nothing to insert over: no tombstone was made
    assert execute(f"SELECT * FROM {table}") == before


COLUMNS = {
    False: "SELECT name FROM pragma_table_info(%s)",
    True: "SELECT column_name AS name FROM information_schema.columns WHERE table_name = %s",
}


@pytest.mark.postgres
@pytest.mark.parametrize("table", sorted(PROTECTED))
def test_truncate_is_refused_to_replicas_as_well(postgres: str, table: str) -> None:
    record()
    for role in ("origin", "replica"):
        execute(f"SET session_replication_role = '{role}'")
        with pytest.raises(DatabaseError, match="append-only"):
            execute(f"TRUNCATE {table} CASCADE")
    execute("RESET session_replication_role")


def test_flush_is_refused(database: str, log: AuditConfiguration) -> None:
    fill(log)
    with pytest.raises((CommandError, DatabaseError)):
        call_command("flush", interactive=False, verbosity=0)
    assert counts() == [1, 1]


def test_the_owner_can_lift_the_triggers_within_one_transaction(database: str) -> None:
    record()
    with lifted(connection):
        assert missing_triggers(connection)
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
    assert missing_triggers(connection) == []
    assert counts()[0] == 0


def test_if_a_lifted_transaction_fails_triggers_return_and_changes_are_undone(database: str) -> None:
    record()

    def fail_half_way() -> None:
        with lifted(connection):
            execute(f"DELETE FROM {ROWS}")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert missing_triggers(connection) == []
    assert counts()[0] == 1


def test_the_admin_changes_nothing_even_for_superusers(database: str, settings: Settings) -> None:
    settings.ROOT_URLCONF = "config.api.urls"
    row = record()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    for action in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        address = f"/admin/obo_audit/delegatedaccess/{action}"
        assert client.post(address, {"subject": "x", "post": "yes"}).status_code in {403, 404, 405}
    assert DelegatedAccess.objects.get().subject == "auth0|user-0"


def test_a_rebuilt_table_gets_its_triggers_back_when_migrate_ends(sqlite: object) -> None:
    """Django makes a new table and drops the old one, and its triggers with it."""
    with connection.schema_editor() as editor:
        editor._remake_table(DelegatedAccess)  # type: ignore[attr-defined]
    assert len(missing_triggers(connection)) == 3
    call_command("migrate", verbosity=0)
    assert missing_triggers(connection) == []


def fill(log: AuditConfiguration) -> None:
    """One row in each log, and their seals."""
    record()
    LogOperation.objects.create(kind="export", by="root", what="csv")
    seal_everything(log)


def counts() -> list[int]:
    return [model.objects.count() for model in (DelegatedAccess, LogOperation)]
