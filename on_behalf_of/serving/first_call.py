"""Load at the start what the first call would load: no caller waits for it, and every mistake stops the start."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import cast

from django.conf import settings
from django.db import connections
from django.urls import get_resolver

POSTGRESQL_FIELDS = "django.contrib.postgres"
FOR_DRFS_TEST_CLIENT = "requests"
FOR_DRFS_OWN_SCHEMA = ("inflection", "uritemplate", "yaml")


def load_views() -> None:
    """Load DRF, the URLconf, and with it the views, and what answers for views that fail."""
    with _absent(*_unused_by_drf()):
        import_module("rest_framework.compat")
    from rest_framework.settings import api_settings

    get_resolver().url_patterns  # noqa: B018 - reading it loads it
    api_settings.EXCEPTION_HANDLER  # noqa: B018 - likewise


def _unused_by_drf() -> Iterator[str]:
    """Name optional packages of DRF that this project cannot use.

    DRF loads each that is installed: with the field types of PostgreSQL the whole of psycopg, which takes a fifth of a
    small API's memory, and what its test client and its own generator of schemas need.
    """
    yield FOR_DRFS_TEST_CLIENT
    if not any(connection.vendor == "postgresql" for connection in connections.all()):
        yield POSTGRESQL_FIELDS
    schema = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_SCHEMA_CLASS", "rest_framework.")
    if isinstance(schema, str) and not schema.startswith("rest_framework."):
        yield from FOR_DRFS_OWN_SCHEMA


@contextmanager
def _absent(*packages: str) -> Iterator[None]:
    """Have imports of these packages fail for the moment; those that are loaded already stay."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden, cast("ModuleType", None)))  # None is Python's mark for "not to be found"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
