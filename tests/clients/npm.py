"""What npm installed in a client's folder."""

import json
from pathlib import Path


def version_of(folder: Path, package: str) -> str:
    """Return the installed version. Raises FileNotFoundError if the package is not installed."""
    return str(json.loads((folder / "node_modules" / package / "package.json").read_text())["version"])
