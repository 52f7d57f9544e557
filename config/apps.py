from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ConfigApp(AppConfig):
    name = "config"

    def ready(self) -> None:
        post_migrate.connect(_write_ahead, dispatch_uid="config.write_ahead")


def _write_ahead(*, using: str, **_kwargs: Any) -> None:
    """Readers and the writer of a SQLite database do not wait for each other once it is in this mode.

    The file remembers it. Asking for it with each connection would fail now and then: where several connect to an idle
    file at once, SQLite calls it locked without waiting.
    """
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
