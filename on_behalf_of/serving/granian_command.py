"""How each service is run: granian's command line, in one place for `serve`, `up`, the demo and the tests."""

import os
import sys
from pathlib import Path

from on_behalf_of.serving.parent_process import GRACE
from on_behalf_of.serving.wsgi_threads import THREADS_VARIABLE

THREADS = 8  # the event loop receives bodies, so a thread only ever waits for the database and for keys
HEAD_DEADLINE = 10_000  # milliseconds for a request's line and headers; an idle connection is closed then too
JSON_LINES = Path(__file__).with_name("granian_json_lines.json")  # what granian itself has to say, as JSON too
INTERFACES = {"api": "rsgi", "bridge": "asgi", "tenant": "rsgi"}


def granian_command(
    service: str,
    *,
    host: str = "127.0.0.1",
    port: int,
    workers: int = 1,
    threads: int = THREADS,
    grace: int = GRACE,
    json_lines: bool = False,
) -> tuple[list[str], dict[str, str]]:
    """The arguments of the process, and what its environment needs beside this process's own."""
    interface = INTERFACES[service]
    arguments = [
        *(sys.executable, "-m", "granian"),
        *("--interface", interface, "--host", host, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", str(workers), "--respawn-failed-workers", "--respawn-interval", "1"),
        *("--workers-kill-timeout", str(grace), "--http1-header-read-timeout", str(HEAD_DEADLINE)),
        *("--log-level", "error"),
        *(("--log-config", str(JSON_LINES)) if json_lines else ()),
        f"config.{service}.{interface}:application",
    ]
    return arguments, {THREADS_VARIABLE: str(threads), "DJANGO_SETTINGS_MODULE": f"config.{service}.settings"}


def become(arguments: list[str], environment: dict[str, str]) -> None:
    """Replace this process."""
    os.execve(sys.executable, arguments, os.environ | environment)  # noqa: S606 - no shell, and arguments of our own
