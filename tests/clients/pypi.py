"""What pip installed in a client's folder."""

import re
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent / "programs"


def python(folder: Path) -> Path:
    """Return the interpreter of that folder's environment."""
    return folder / ".venv/bin/python"


def version_of(folder: Path, distribution: str) -> str:
    """Return the installed version. Raises FileNotFoundError if it is not installed."""
    name = re.sub(r"[-_.]+", "_", distribution).lower()
    for found in (folder / ".venv/lib").glob(f"python3.*/site-packages/{name}-*.dist-info"):
        return found.name.removesuffix(".dist-info").rpartition("-")[2]
    raise FileNotFoundError(f"{distribution} is not installed in {folder}")
