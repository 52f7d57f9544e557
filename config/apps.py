from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ConfigApp(AppConfig):
    name = "config"

    def ready(self) -> None:
        post_migrate.connect(_write_ahead, dispatch_uid="config.write_ahead")


def _write_ahead(*, using: str, **_kwargs: Any) -> None:
    """Switch a SQLite database to WAL mode, in which readers and the writer do not wait for each other.

    The mode is stored in the file. Setting it on every connection would fail now and then: when several processes
    connect to an idle file at once, SQLite reports it as locked without waiting.
    """
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
