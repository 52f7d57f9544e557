"""Find Node.js and what `npm ci` installs. MCP clients such as Inspector run on it; the services do not need it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.environment import BASE_DIR

MIN_NODE = (22, 19)  # required by MCP Inspector and the conformance suite
NODE_MODULES = BASE_DIR / "node_modules"


@dataclass(frozen=True)
class Node:
    program: Path
    version: str  # as `node --version` prints it, without the v; empty if unknown

    @property
    def is_new_enough(self) -> bool:
        return tuple(int(number) for number in self.version.split(".")[:2] if number.isdecimal()) >= MIN_NODE


def nodes(node_modules: Path = NODE_MODULES) -> Iterator[Node]:
    """Yield the installed versions: the one on PATH first, then the one that `npm ci` installs on Linux."""
    on_path = shutil.which("node")
    for program in (*([Path(on_path)] if on_path else []), *node_modules.glob("node-linux-*/bin/node")):
        if os.access(program, os.X_OK):
            yield Node(program, _version(program))


def _version(program: Path) -> str:
    try:
        said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):  # for example, a binary for another processor
        return ""
    found = re.match(r"v?(\d+(\.\d+)*)", said.stdout)
    return found[1] if found else ""


def inspector(node_modules: Path = NODE_MODULES) -> Path:
    """Return the path of Inspector's launcher. Not checked: whether it is installed."""
    return node_modules / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
