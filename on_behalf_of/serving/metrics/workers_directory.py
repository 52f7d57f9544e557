"""Where the workers of a service leave their measurements, so that whichever is asked answers for all."""

import os
import shutil
import tempfile
from pathlib import Path

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus-client looks for it
PREFIX = "obo-metrics-"


def fresh_directory() -> Path:
    """A directory for the workers of this process, which is about to become their server.

    Nothing of this process is left to clear it away in the end, so the next start does that for those before.
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
    except PermissionError:  # somebody else's, so not one that we started
        return False
    return True
