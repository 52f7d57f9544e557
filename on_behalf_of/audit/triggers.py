"""Triggers that make the database refuse changes to the log, and a way for their owner to lift them briefly.

To alter a table on SQLite, Django may rebuild it, which silently drops its triggers. Migrations call `create_triggers`
after such an operation, and `migrate` puts back missing triggers at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LOGS = ("obo_audit_delegatedaccess", "obo_audit_logoperation")
# Table -> its primary key. None has another unique key by which REPLACE could replace rows.
PROTECTED = {**dict.fromkeys(LOGS, "id"), "obo_audit_seal": "number", "obo_audit_tombstone": "through"}
MESSAGE = "The audit log is append-only."
FUNCTION = "obo_audit_append_only"
FUNCTION_BODY = f" BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END "


def create_triggers(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create every trigger, replacing those that exist."""
    _create(schema_editor.connection)


def put_back(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers back after `migrate`, if the tables exist; after migrating backwards they may not."""
    if set(PROTECTED) <= set(connection.introspection.table_names()):
        _create(connection)


def drop_triggers(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop every trigger, for migrating backwards."""
    _drop(schema_editor.connection)


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of triggers that are missing, switched off, or changed."""
    found = _found_on_postgresql(connection) if connection.vendor == "postgresql" else _found_on_sqlite(connection)
    return sorted(_expected(connection) - found)


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Open a transaction in which the log can be changed. Only the owner of the tables can do this."""
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            _execute(connection, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in PROTECTED))
        else:
            _drop(connection)
        yield
        if connection.vendor == "postgresql":
            _execute(connection, *(sql for table in PROTECTED for sql in _always(table)))
        else:
            _create(connection)


def _expected(connection: BaseDatabaseWrapper) -> set[str]:
    if connection.vendor == "postgresql":
        return {f"{table}_{event}" for table in PROTECTED for event in ("row", "truncate")}
    return {name for table in PROTECTED for name in _sqlite_triggers(table)}


def _create(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor != "postgresql":
        triggers = {name: sql for table in PROTECTED for name, sql in _sqlite_triggers(table).items()}
        _execute(connection, *(f"DROP TRIGGER IF EXISTS {name}" for name in triggers), *triggers.values())
        return
    _execute(
        connection,
        f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${FUNCTION_BODY}$$",
    )
    for table in PROTECTED:
        _execute(
            connection,
            f"CREATE OR REPLACE TRIGGER {table}_row BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()",
            f"CREATE OR REPLACE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()",
            *_always(table),
        )


def _drop(connection: BaseDatabaseWrapper) -> None:
    for table in PROTECTED:
        if connection.vendor == "postgresql":
            _execute(
                connection, *(f"DROP TRIGGER IF EXISTS {table}_{event} ON {table}" for event in ("row", "truncate"))
            )
        else:
            _execute(connection, *(f"DROP TRIGGER IF EXISTS {name}" for name in _sqlite_triggers(table)))


def _always(table: str) -> list[str]:
    """Return statements that make the triggers fire even in a session that replays another server's changes."""
    return [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{event}" for event in ("row", "truncate")]


def _sqlite_triggers(table: str) -> dict[str, str]:
    """Return each trigger's statement by name, byte for byte as SQLite stores it.

    REPLACE deletes without firing delete triggers (unless a connection has turned `recursive_triggers` on), but its
    insert fires the insert trigger first.
    """
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE {PROTECTED[table]} = NEW.{PROTECTED[table]})"  # noqa: S608 - our own names
    return {
        f"{table}_update": f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refuse}",
        f"{table}_delete": f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refuse}",
        f"{table}_replace": f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}",
    }


def _found_on_sqlite(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = dict(cursor.fetchall())
    return {name for table in PROTECTED for name, sql in _sqlite_triggers(table).items() if kept.get(name) == sql}


def _found_on_postgresql(connection: BaseDatabaseWrapper) -> set[str]:
    # tgtype: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate (catalog/pg_trigger.h)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)"
            " AND tgenabled = 'A' AND tgqual IS NULL AND prosrc = %s"
            " AND tgtype = CASE WHEN tgname LIKE '%%\\_row' THEN 27 ELSE 34 END",
            [list(PROTECTED), FUNCTION_BODY],
        )
        return {name for (name,) in cursor.fetchall()}


def _execute(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
