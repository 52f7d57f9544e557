from argparse import ArgumentParser
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.environment import LOCAL_ISSUER, Environment
from config.service_command import INTERFACES, service_command
from on_behalf_of.environment.kinds import LOOPBACK_HOSTS
from on_behalf_of.serving.granian_command import THREADS, become, grace_for
from on_behalf_of.serving.metrics.workers_directory import DIRECTORY, fresh_directory
from on_behalf_of.serving.start_conditions import (
    refuse_busy_port,
    refuse_debug_beyond_loopback,
    refuse_old_database,
    why_not,
)


class Command(BaseCommand):
    help = "Serve one of the three services in the foreground, with granian."
    requires_system_checks = ()  # their time is spent once, by `migrate` and `check`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", choices=INTERFACES)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (default: the one in the service's URL)")
        parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
        parser.add_argument(
            "--threads",
            type=int,
            default=THREADS,
            help=f"most threads for the API's and the tenant's views (default: {THREADS})",
        )

    def handle(self, *, service: str, host: str, port: int | None, workers: int, threads: int, **_options: Any) -> None:
        environment: Environment = settings.ENVIRONMENT
        remedy = "give another --port" if port else another_address(environment, service)
        port = port or default_port(environment, service)
        refuse_debug_beyond_loopback(host, debug=environment.debug)
        _check_secrets(environment, service, host)
        if service == "bridge":
            _check_tools()
        refuse_busy_port(host, port, remedy=remedy)
        if service != "bridge":
            refuse_old_database(remedy="check DATABASE_URL")
        if service == "tenant":
            call_command("seed_tenant", verbosity=0)
        self.stdout.write(f"{service}: http://{'localhost' if host in LOOPBACK_HOSTS else host}:{port}/")
        self.stdout.flush()
        observability = environment.observability
        arguments, extra = service_command(
            service,
            host=host,
            port=port,
            workers=workers,
            threads=threads,
            grace=grace_for(environment.upstream_timeout),
            json_lines=observability.json_lines,
        )
        if observability.metrics and workers > 1:
            extra[DIRECTORY] = str(fresh_directory())
        become(arguments, extra)


DEFAULT_PORTS = {"api": 8787, "tenant": 9000}


def default_port(environment: Environment, service: str) -> int:
    """The bridge listens on PORT; the others where their own URL points."""
    if service == "bridge":
        return environment.bridge_port
    url = urlsplit(environment.api_url if service == "api" else environment.issuer)
    if url.scheme == "https":  # TLS ends in front of the service, so the port of the URL is not this process's
        return DEFAULT_PORTS[service]
    return url.port or 80


def another_address(environment: Environment, service: str, *, taken: Collection[int] = ()) -> str:
    """Return what to set so that a service listens on a free port and the others find it there.

    `taken` are ports that other services will listen on. Variables come with their values, ready to copy.
    """
    if (
        service != "bridge"
        and urlsplit(environment.api_url if service == "api" else environment.issuer).scheme != "http"
    ):
        return "serve it by itself, with --port"  # TLS ends elsewhere, and the URL does not name this process's port
    port = free_port_above(default_port(environment, service), taken)
    if service == "tenant":
        # A configured issuer turns DEBUG off, without which there is no local tenant.
        remedy = f"set OAUTH_ISSUER=http://localhost:{port}/ and DEBUG=true"
        is_default = environment.issuer == LOCAL_ISSUER
        return remedy if is_default else f"{remedy} (LOCAL_TENANT=false, if a tenant of your own listens there)"
    if service == "api":
        return f"set API_BASE_URL=http://localhost:{port}"
    if urlsplit(environment.bridge_url).hostname in LOOPBACK_HOSTS:
        return f"set PORT={port} and MCP_SERVER_URL=http://localhost:{port}"
    return f"set PORT={port}"


def free_port_above(port: int, taken: Collection[int] = ()) -> int:
    """Return the next port above `port` that is free at the moment; `port + 1` if all are busy."""
    for candidate in range(port + 1, 65_536):
        if candidate not in taken and why_not("127.0.0.1", candidate) is None:
            return candidate
    return port + 1


def _check_secrets(environment: Environment, service: str, host: str) -> None:
    """Refuse to listen beyond this machine with secrets that were made here."""
    if host in LOOPBACK_HOSTS:
        return
    if environment.secret_key_is_generated:
        raise CommandError(f"SECRET_KEY is missing: set it before you listen on {host}.")
    if service == "api" and environment.seal_key_file is None:
        raise CommandError(f"AUDIT_SEAL_KEY_FILE is missing: set it before you listen on {host}.")


def _check_tools() -> None:
    """Raises ToolDeclarationError here, where it is one line; granian would show a traceback."""
    from mcp_bridge.tools.registry import TOOLS
    from on_behalf_of.mcp.json_schema import check_schemas  # slow to load, and only the bridge needs it

    check_schemas(TOOLS)
