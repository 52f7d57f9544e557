"""Real databases for single tests, which replace Django's default one at a time. Nothing is rolled back at the end."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from on_behalf_of.audit.triggers import lifted, put_back
from tests.groups import POSTGRES_URL

STORED = ("downstream_api", "obo_audit", "obo_mcp")  # apps


@contextmanager
def default_database(configured: dict[str, Any]) -> Iterator[None]:
    """All threads use that database inside. Its connections are closed at the end, this thread's at least."""
    before, connection = connections.settings["default"], connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": configured})["default"]
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = connection


def sqlite_settings(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 1.4,
            "init_command": "PRAGMA synchronous=FULL;",
        },
    }


def postgres_settings(url: str) -> dict[str, Any]:
    """As `config.settings` and `config.api.settings` make them, for a database of that server."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "ENGINE": "on_behalf_of.audit.postgresql",
        "NAME": str(parts.get("dbname", "postgres")),
        "USER": str(parts.get("user", "")),
        "PASSWORD": str(parts.get("password", "")),
        "HOST": str(parts.get("host", "")),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": {"connect_timeout": 5, "options": "-c synchronous_commit=on -c lock_timeout=1500"},
    }


def migrated_sqlite(directory: Path) -> Path:
    """A file with all tables, to be copied."""
    file = directory / "template.sqlite3"
    quick = sqlite_settings(file)
    quick["OPTIONS"]["init_command"] = "PRAGMA synchronous=OFF;"
    with default_database(quick):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@contextmanager
def copied_sqlite(template: Path, directory: Path) -> Iterator[Path]:
    file = directory / "db.sqlite3"
    shutil.copy(template, file)
    with default_database(sqlite_settings(file)):
        yield file


@contextmanager
def rolled_back(url: str) -> Iterator[None]:
    """All threads use that PostgreSQL database inside. What this thread changes there is undone at the end."""
    with default_database(postgres_settings(url)), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def scratch_postgres(server_url: str = POSTGRES_URL) -> Iterator[str]:
    """The URL of a new database with all tables on that server, dropped at the end."""
    with bare_postgres(server_url) as url:
        with default_database(postgres_settings(url)):
            call_command("migrate", verbosity=0)
        yield url


@contextmanager
def bare_postgres(server_url: str = POSTGRES_URL) -> Iterator[str]:
    """The same without any tables."""
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    url = f"postgres://{parts.get('user', '')}{_password(parts)}@{parts['host']}:{parts.get('port', 5432)}/{name}"
    try:
        yield url
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def empty_postgres() -> None:
    """Delete what a test has left, because making a new database takes a second."""
    connection = connections["default"]
    put_back(connection)
    models = [*(model for app in STORED for model in apps.get_app_config(app).get_models()), get_user_model()]
    with lifted(connection), connection.cursor() as cursor:
        for model in models:  # quicker than TRUNCATE, which makes new files
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def _password(parts: Any) -> str:
    return f":{parts['password']}" if parts.get("password") else ""


def is_postgresql() -> bool:
    return connections["default"].vendor == "postgresql"


def execute_as_owner(statement: str, *values: object) -> list[Any]:
    """What an owner of the database may do with the triggers off: they are back in place afterwards."""
    with lifted(connections["default"]):
        return execute(statement, *values)


def execute(statement: str, *values: object) -> list[Any]:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, list(values))  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []
