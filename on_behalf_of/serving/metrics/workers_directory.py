"""The directory in which the workers of a service leave their measurements, so that each can answer for all."""

import os
import shutil
import tempfile
from pathlib import Path

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus-client looks for it
PREFIX = "obo-metrics-"


def fresh_directory() -> Path:
    """Return a directory for the workers of this process, which is about to become their server.

    This process will run no code of ours that could remove it, so each start removes those of processes that ended.
    """
    place = Path(tempfile.gettempdir())
    for old in place.glob(f"{PREFIX}*"):
        process = old.name.removeprefix(PREFIX).partition("-")[0]
        is_ours = not old.is_symlink() and old.stat().st_uid == os.getuid()
        if is_ours and process.isdecimal() and not is_running(int(process)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, so not one that we started
        return False
    return True
