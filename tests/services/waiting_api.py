"""The API, except that a call can wait for a file, so that tests can have a call in flight."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from config.api import rsgi  # noqa: F401 - first: sets Django up
from on_behalf_of.serving.rsgi import stop, wsgi_application
from on_behalf_of.serving.wsgi_threads import WsgiThreads
from tests.services.own_process import WAIT_HEADER

PATIENCE = 30.0  # seconds


def waiting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if name := environ.get(f"HTTP_{WAIT_HEADER.upper().replace('-', '_')}"):
        Path(f"{name}.arrived").touch()
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(name) and time.monotonic() < deadline:  # noqa: PTH110
            time.sleep(0.01)
    return wsgi_application(environ, start_response)


application = WsgiThreads(waiting, at_end=stop)
