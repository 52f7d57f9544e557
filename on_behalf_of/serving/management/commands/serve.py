import re
from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.environment.kinds import LOOPBACK_HOSTS
from on_behalf_of.serving.checks import generated_tools_are_those_of_the_api
from on_behalf_of.serving.granian_command import THREADS, become, grace_for, granian_command
from on_behalf_of.serving.metrics.workers_directory import DIRECTORY, fresh_directory
from on_behalf_of.serving.start_conditions import refuse_busy_port, refuse_debug_beyond_loopback, refuse_old_database
from on_behalf_of.setting import is_declared

API = "on_behalf_of.serving.rsgi:application"
ASGI_APP = re.compile(r"(?P<module>[\w.]+):\w+")


class Command(BaseCommand):
    help = "Serve this project's API, or one of its ASGI apps such as the MCP server, in the foreground with granian."
    requires_system_checks = ()  # `migrate` and `check` run them once

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "application", nargs="?", help="an ASGI app as module:name, such as shop.mcp:application (default: the API)"
        )
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
        parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
        parser.add_argument(
            "--threads", type=int, default=THREADS, help=f"most threads for the API's views (default: {THREADS})"
        )
        parser.add_argument(
            "--max-body", type=int, default=3, help="longest request body that the API takes, in megabytes (default: 3)"
        )
        parser.add_argument("--json-lines", action="store_true", help="write granian's own messages as JSON, too")

    def handle(
        self,
        *,
        application: str | None,
        host: str,
        port: int,
        workers: int,
        threads: int,
        max_body: int,
        json_lines: bool,
        **_options: Any,
    ) -> None:
        refuse_debug_beyond_loopback(host, debug=settings.DEBUG)
        refuse_busy_port(host, port, remedy="give another --port")
        if application:
            _check_application(application)
            _check_tools()
        else:
            refuse_old_database()
        self.stdout.write(f"http://{'localhost' if host in LOOPBACK_HOSTS else host}:{port}/")
        self.stdout.flush()
        arguments, extra = granian_command(
            application or API,
            interface="asgi" if application else "rsgi",
            settings=settings.SETTINGS_MODULE,
            host=host,
            port=port,
            workers=workers,
            threads=threads,
            max_body=max_body,
            grace=grace_for(_longest_call()),
            json_lines=json_lines,
        )
        if getattr(settings, "MEASUREMENTS", None) and workers > 1:
            extra[DIRECTORY] = str(fresh_directory())
        become(arguments, extra)


def _check_application(application: str) -> None:
    """Refuse a name that leads nowhere; granian would show a traceback. The app itself is not loaded here."""
    named = ASGI_APP.fullmatch(application)
    try:
        is_there = named is not None and find_spec(named["module"]) is not None
    except ModuleNotFoundError:  # of a parent
        is_there = False
    if not is_there:
        raise CommandError(f"There is no {application}: name an ASGI app as module:name, such as shop.mcp:application.")


def _check_tools() -> None:
    """Refuse generated tools that no longer fit the API.

    This process compares them, because it is replaced by the server, which need not load what describes the API.
    """
    if not is_declared("MCP"):
        return
    from on_behalf_of.mcp.configuration import bridge_configuration  # not every project has an MCP server
    from on_behalf_of.mcp.declared_tools import declared_tools
    from on_behalf_of.mcp.openapi.start import compare_with_api

    for found in generated_tools_are_those_of_the_api():
        if found.is_serious():
            raise CommandError(found.msg)
    configuration = bridge_configuration()
    try:
        compare_with_api(declared_tools(configuration).generated, configuration)
    except ImproperlyConfigured as changed:
        raise CommandError(str(changed)) from changed


def _longest_call() -> float:
    """Return the seconds that a call in flight may still take when the service is told to stop."""
    if not is_declared("MCP"):
        return 0
    from on_behalf_of.mcp.configuration import bridge_configuration  # not every project has an MCP server

    return bridge_configuration().upstream_timeout
