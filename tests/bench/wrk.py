"""Load on the API by wrk, which needs a tenth of the processor time that a generator in Python needs."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.bench.tokens import Tokens

TIMEOUT = "20s"
HOW_TO_INSTALL = "Install wrk (Debian: apt-get install wrk) for a load generator that takes less from what it measures."


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def run_wrk(
    url: str, tokens: Tokens, *, start: int, status: int, text: str, connections: int, seconds: float
) -> dict[str, Any]:
    """Send the tokens in turn, from line `start` on. Every answer should have that status and contain that text.

    Return what `wrk.lua` prints. Times are in milliseconds. wrk does not wait for answers that are due at the end, so
    more requests may have been sent than answered, at most one for each connection.
    """
    environment = os.environ | {
        "TOKENS": str(tokens.file),
        "START": str(start),
        "CYCLE": "1" if tokens.cycles else "",
        "STATUS": str(status),
        "TEXT": text,
    }
    script = str(Path(__file__).with_suffix(".lua"))
    lasting = f"{max(1, round(seconds))}s"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{lasting}", "--timeout", TIMEOUT, "-s", script, url]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found
