"""How services are run: granian's command line, in one place for every command that starts one."""

import math
import os
import sys
from pathlib import Path

from on_behalf_of.serving.parent_process import GRACE
from on_behalf_of.serving.wsgi_threads import BODY_VARIABLE, THREADS_VARIABLE

THREADS = 8  # the event loop receives bodies, so a thread only ever waits for the database and for keys
HEAD_DEADLINE = 10_000  # milliseconds for a request's line and headers; an idle connection is closed then too
FLUSH = 5  # seconds after the last call: what it left is recorded and sealed
JSON_LINES = Path(__file__).with_name("granian_json_lines.json")  # granian's own messages, as JSON too


def granian_command(
    application: str,
    *,
    interface: str,
    settings: str,
    host: str = "127.0.0.1",
    port: int,
    workers: int = 1,
    threads: int = THREADS,
    max_body: int = 1,
    grace: int = GRACE,
    json_lines: bool = False,
) -> tuple[list[str], dict[str, str]]:
    """Return the process's arguments, and the variables that it needs beside this process's own.

    `application` is `module:name`, `interface` is "rsgi" or "asgi", `settings` is the module of Django's settings.
    `max_body` is in megabytes, and for RSGI only; `grace` is in seconds: see `grace_for`.
    """
    arguments = [
        *(sys.executable, "-m", "granian"),
        *("--interface", interface, "--host", host, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", str(workers), "--respawn-failed-workers", "--respawn-interval", "1"),
        *("--workers-kill-timeout", str(grace), "--http1-header-read-timeout", str(HEAD_DEADLINE)),
        *("--log-level", "error"),
        *(("--log-config", str(JSON_LINES)) if json_lines else ()),
        application,
    ]
    return arguments, {
        THREADS_VARIABLE: str(threads),
        BODY_VARIABLE: str(max_body),
        "DJANGO_SETTINGS_MODULE": settings,
    }


def grace_for(timeout: float) -> int:
    """Return the seconds that a stopping service gives to calls in flight, of which one may take `timeout` seconds."""
    return max(GRACE, math.ceil(timeout) + FLUSH)


def become(arguments: list[str], environment: dict[str, str]) -> None:
    """Replace this process."""
    os.execve(sys.executable, arguments, os.environ | environment)  # noqa: S606 - no shell, and arguments of our own
