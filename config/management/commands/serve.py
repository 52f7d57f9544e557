import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.environment import Environment
from config.parent_process import end_with_parent
from config.variables import LOOPBACK_HOSTS
from config.wsgi_threads import THREADS_VARIABLE

APPLICATIONS = {
    "api": ("rsgi", "config.api.rsgi:application"),
    "bridge": ("asgi", "config.bridge.asgi:application"),
    "tenant": ("rsgi", "config.tenant.rsgi:application"),
}
THREADS = 8  # bodies are received without one, so these only wait for the database and for keys


class Command(BaseCommand):
    help = "Serve one of the three services in the foreground, with granian."
    requires_system_checks = ()  # their time is spent once, by `migrate` and `check`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", choices=APPLICATIONS)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (default: the one in the service's URL)")
        parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
        parser.add_argument(
            "--threads",
            type=int,
            default=THREADS,
            help=f"threads for the API's and the tenant's views (default: {THREADS})",
        )
        parser.add_argument("--end-with-parent", action="store_true", help="end when the starting process does")

    def handle(self, *, service: str, host: str, port: int | None, **options: Any) -> None:
        environment: Environment = settings.ENVIRONMENT
        port = port or default_port(environment, service)
        _check_address(environment, host)
        refuse_busy_port(host, port)
        if service != "bridge":
            _check_database()
        if service == "tenant":
            from django.core.management import call_command

            call_command("seed_tenant", verbosity=0)
        if options["end_with_parent"]:
            end_with_parent()
        interface, target = APPLICATIONS[service]
        arguments = [sys.executable, "-m", "granian", "--interface", interface, "--host", host, "--port", str(port)]
        arguments += ["--workers", str(options["workers"]), "--respawn-failed-workers", "--respawn-interval", "1"]
        arguments += ["--workers-kill-timeout", "10", "--no-ws", "--http", "1", "--log-level", "error"]
        self.stdout.write(f"{service}: http://{'localhost' if host in LOOPBACK_HOSTS else host}:{port}/")
        self.stdout.flush()
        os.environ[THREADS_VARIABLE] = str(options["threads"])
        os.environ["DJANGO_SETTINGS_MODULE"] = f"config.{service}.settings"
        os.execv(sys.executable, [*arguments, target])  # noqa: S606 - no shell, and arguments of our own


def default_port(environment: Environment, service: str) -> int:
    """The bridge listens on PORT; the others where their own URL points."""
    if service == "bridge":
        return environment.bridge_port
    url = urlsplit(environment.api_url if service == "api" else environment.issuer)
    return url.port or (443 if url.scheme == "https" else 80)


def _check_address(environment: Environment, host: str) -> None:
    if host in LOOPBACK_HOSTS:
        return
    if environment.debug:
        raise CommandError(f"With DEBUG on, nothing listens beyond this machine: set DEBUG=false to use {host}.")
    if environment.secret_key_is_generated:
        raise CommandError(f"SECRET_KEY is missing: set it before you listen on {host}.")


def refuse_busy_port(host: str, port: int) -> None:
    """Raise CommandError with one clear sentence where nobody can listen on that port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise CommandError(
                f"Cannot listen on {host}:{port} ({reason}): stop what uses it, or give another --port."
            ) from error


def _check_database() -> None:
    try:
        executor = MigrationExecutor(connection)
        is_behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        raise CommandError("The database does not answer: check DATABASE_URL and that its server runs.") from error
    if is_behind:
        raise CommandError("The database is not up to date: run `python manage.py migrate` first.")
    connection.close()
