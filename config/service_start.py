"""What `serve` does before a service serves: its options, its address, and the conditions for starting it.

It loads neither Django's apps nor the settings, so that the process that `manage.py` starts can itself be the server,
and stays small.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

from config.environment import LOCAL_ISSUER, Environment, read_environment
from config.service_command import INTERFACES, service_server
from on_behalf_of.environment.kinds import LOOPBACK_HOSTS
from on_behalf_of.serving.granian_command import THREADS, grace_for, has_granians_own_variables
from on_behalf_of.serving.metrics.workers_directory import DIRECTORY, fresh_directory
from on_behalf_of.serving.small_server import can_fork, serve_with
from on_behalf_of.serving.start_conditions import (
    refusal,
    refuse_busy_port,
    refuse_debug_beyond_loopback,
    refuse_old_database,
    why_not,
)

DEFAULT_PORTS = {"api": 8787, "tenant": 9000}


def add_arguments(parser: ArgumentParser) -> None:
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


def serve_small(arguments: Sequence[str]) -> int | None:
    """Serve as `manage.py serve` with these arguments does, and return the exit status.

    Return None if the command itself is needed: for the tenant, which it seeds; for options that all of Django's
    commands have; if granian is configured by variables; and where workers cannot be forked. Raises CommandError or
    ImproperlyConfigured, each with one sentence, if the service cannot start.
    """
    parser = _Parser(add_help=False)
    add_arguments(parser)
    try:
        given = parser.parse_args(arguments)
    except _NotUnderstood:
        return None
    if given.service not in CONDITIONS or has_granians_own_variables() or not can_fork():
        return None
    environment = read_environment()
    options = options_for(environment, **vars(given))
    return serve_with(
        service_server(given.service, variables_for(environment, given.workers), **options),
        conditions=CONDITIONS[given.service],
        announcement=announcement(given.service, options["host"], options["port"]),
    )


class _NotUnderstood(Exception):
    """Arguments that only Django's command understands, or that it refuses."""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _NotUnderstood(message)


def options_for(
    environment: Environment, *, service: str, host: str, port: int | None, workers: int, threads: int
) -> dict[str, Any]:
    """Return granian's options. Raises CommandError if the service must not or cannot listen there."""
    remedy = "give another --port" if port else another_address(environment, service)
    port = port or default_port(environment, service)
    refuse_debug_beyond_loopback(host, debug=environment.debug)
    _check_secrets(environment, service, host)
    refuse_busy_port(host, port, remedy=remedy)
    return {
        "host": host,
        "port": port,
        "workers": workers,
        "threads": threads,
        "grace": grace_for(environment.upstream_timeout),
        "json_lines": environment.observability.json_lines,
    }


def variables_for(environment: Environment, workers: int) -> dict[str, str]:
    """Return what the workers need in their environment, beside what granian's options put there."""
    has_measurements = environment.observability.metrics and workers > 1
    return {DIRECTORY: str(fresh_directory())} if has_measurements else {}


def announcement(service: str, host: str, port: int) -> str:
    return f"{service}: http://{'localhost' if host in LOOPBACK_HOSTS else host}:{port}/"


def check_database() -> None:
    refuse_old_database(remedy="check DATABASE_URL")


def check_tools() -> None:
    """Raises ImproperlyConfigured here, where it is one line; granian would show a traceback."""
    from mcp_bridge.tools.registry import TOOLS
    from on_behalf_of.mcp.configuration import bridge_configuration
    from on_behalf_of.mcp.json_schema import check_schemas  # slow to load, and only the bridge needs it
    from on_behalf_of.mcp.openapi.start import compare_with_api

    TOOLS.check_generated()
    check_schemas(TOOLS)
    compare_with_api(TOOLS.generated, bridge_configuration())


# What takes Django, or a service's own code, to check.
CONDITIONS: dict[str, Callable[[], None]] = {"api": check_database, "bridge": check_tools}


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
        raise refusal(f"SECRET_KEY is missing: set it before you listen on {host}.")
    if service == "api" and environment.seal_key_file is None:
        raise refusal(f"AUDIT_SEAL_KEY_FILE is missing: set it before you listen on {host}.")
