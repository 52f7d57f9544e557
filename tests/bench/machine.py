"""The machine in one line, for the record of a run."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Return processors, operating system and Python, without any name of the machine."""
    model = ""
    information = Path("/proc/cpuinfo")
    if information.exists():
        named = (line for line in information.read_text().splitlines() if line.startswith("model name"))
        model = next(named, "").partition(":")[2].strip()
    cores = f"{os.cpu_count()} cores" + (f" ({model})" if model else "")
    return f"{cores}, {platform.system()}, {platform.python_implementation()} {platform.python_version()}"
