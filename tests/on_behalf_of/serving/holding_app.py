"""What test_waiting_for_a_thread.py serves: few threads, which /hold… keeps until a file is there."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from on_behalf_of.serving.wsgi_threads import WsgiThreads

FOLDER = Path(os.environ["HOLDING_FOLDER"])


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    name = environ["PATH_INFO"].strip("/")
    (FOLDER / f"{name}.begun").touch()
    while name.startswith("hold") and not (FOLDER / "released").exists():
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [name.encode()]


application = WsgiThreads(wsgi, threads=int(os.environ["HOLDING_THREADS"]))
