"""How services are run: granian's options, in one place for every command that starts one.

`granian_command` is for another process. `granian_server` is for this one: it stays small, because only the workers
that it forks load Django (see `small_server`).
"""

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from on_behalf_of.serving.parent_process import GRACE
from on_behalf_of.serving.worker_variables import BODY_VARIABLE, THREADS_VARIABLE

THREADS = 8  # the event loop receives bodies, so a thread only ever waits for the database and for keys
HEAD_DEADLINE = 10_000  # milliseconds for a request's line and headers; an idle connection is closed then too
FLUSH = 5  # seconds after the last call: what it left is recorded and sealed
JSON_LINES = Path(__file__).with_name("granian_json_lines.json")  # granian's own messages, as JSON too
RESPAWN_INTERVAL = 1  # seconds
LOG_LEVEL = "error"
GRANIANS_OWN = "GRANIAN_"  # the beginning of the variables that granian's command reads


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
        *("--workers", str(workers), "--respawn-failed-workers", "--respawn-interval", str(RESPAWN_INTERVAL)),
        *("--workers-kill-timeout", str(grace), "--http1-header-read-timeout", str(HEAD_DEADLINE)),
        *("--log-level", LOG_LEVEL),
        *(("--log-config", str(JSON_LINES)) if json_lines else ()),
        application,
    ]
    return arguments, _variables(settings, threads, max_body)


def granian_server(
    application: str,
    variables: Mapping[str, str],
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
) -> Any:
    """Return the server that the process of `granian_command` would run, for this process.

    The workers' variables, and the caller's `variables`, are put into this process's environment.
    """
    from granian import Granian  # slow to load
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    os.environ.update({**_variables(settings, threads, max_body), **variables})
    return Granian(
        application,
        interface=Interfaces(interface),
        address=host,
        port=port,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_INTERVAL,
        workers_kill_timeout=grace,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_DEADLINE),
        log_level=LogLevels(LOG_LEVEL),
        log_dictconfig=json.loads(JSON_LINES.read_text(encoding="utf-8")) if json_lines else None,
    )


def has_granians_own_variables() -> bool:
    """Return whether the operator configures granian by variables, which only its command reads."""
    return any(name.startswith(GRANIANS_OWN) for name in os.environ)


def _variables(settings: str, threads: int, max_body: int) -> dict[str, str]:
    return {
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
