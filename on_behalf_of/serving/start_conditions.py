"""The conditions for starting a service. Each failure is one sentence that says what to do.

Django is loaded only for what needs it, because the process that checks the first two may be a server that stays small.
"""

import pkgutil
import socket
from importlib.util import find_spec

from on_behalf_of.environment.kinds import LOOPBACK_HOSTS


def refuse_debug_beyond_loopback(host: str, *, debug: bool) -> None:
    """Raise CommandError if a service with DEBUG on would listen on an address that other machines reach."""
    if debug and host not in LOOPBACK_HOSTS:
        raise refusal(f"With DEBUG on, services listen on this machine only: set DEBUG=false to use {host}.")


def refuse_busy_port(host: str, port: int, *, remedy: str) -> None:
    """Raise CommandError if a service cannot listen on that port."""
    if reason := why_not(host, port):
        raise refusal(f"Cannot listen on {host}:{port} ({reason}): stop the process that uses it, or {remedy}.")


def why_not(host: str, port: int) -> str | None:
    """Return the system's reason why a service cannot listen there; None if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or type(error).__name__
        except OverflowError:
            return "there is no such port"
    return None


def refuse_old_database(*, remedy: str = "check DATABASES") -> None:
    """Raise CommandError if the default database does not answer or lacks migrations; `remedy` is for the former."""
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
        is_behind = not _has_every_file() and _has_a_plan()
    except DatabaseError as error:
        raise refusal(f"The database does not answer: {remedy} and that its server runs.") from error
    if is_behind:
        raise refusal("The database is not up to date: run `python manage.py migrate` first.")
    connection.close()


def _has_every_file() -> bool:
    """Return whether every migration there is, by the names of the files, is recorded as applied.

    Then nothing is left to do, and the migrations need not be loaded, which takes as long as starting the service.
    """
    from django.apps import apps
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except DatabaseError:  # no such table
        return False
    return applied.issuperset((app.label, name) for app in apps.get_app_configs() for name in _files_of(app.label))


def _files_of(app: str) -> list[str]:
    """Return the names of an app's migrations, found as Django's MigrationLoader finds them."""
    from django.db.migrations.loader import MigrationLoader

    package, _ = MigrationLoader.migrations_module(app)
    spec = find_spec(package) if package else None
    if spec is None or spec.origin is None:
        return []
    found = pkgutil.iter_modules(spec.submodule_search_locations)
    return [module.name for module in found if not module.ispkg and module.name[0] not in "_~"]


def _has_a_plan() -> bool:
    """Return whether `migrate` would do something."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def refusal(sentence: str) -> Exception:
    from django.core.management.base import CommandError

    return CommandError(sentence)
