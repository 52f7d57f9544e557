"""The conditions for starting a service. Each failure is one sentence that says what to do."""

import socket

from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from on_behalf_of.environment.kinds import LOOPBACK_HOSTS


def refuse_debug_beyond_loopback(host: str, *, debug: bool) -> None:
    """Raise CommandError if a service with DEBUG on would listen on an address that other machines reach."""
    if debug and host not in LOOPBACK_HOSTS:
        raise CommandError(f"With DEBUG on, services listen on this machine only: set DEBUG=false to use {host}.")


def refuse_busy_port(host: str, port: int, *, remedy: str) -> None:
    """Raise CommandError if a service cannot listen on that port."""
    if reason := why_not(host, port):
        raise CommandError(f"Cannot listen on {host}:{port} ({reason}): stop the process that uses it, or {remedy}.")


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
    from django.db.migrations.executor import MigrationExecutor  # slow to load, and not every service has a database

    try:
        executor = MigrationExecutor(connection)
        is_behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {remedy} and that its server runs.") from error
    if is_behind:
        raise CommandError("The database is not up to date: run `python manage.py migrate` first.")
    connection.close()
