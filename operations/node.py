"""Node.js and what `npm ci` installs: other MCP clients run on it, such as Inspector. The services need none of it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.environment import BASE_DIR

MIN_NODE = (22, 19)  # what MCP Inspector and the conformance suite ask for
NODE_MODULES = BASE_DIR / "node_modules"


@dataclass(frozen=True)
class Node:
    program: Path
    version: str  # as it tells it, without the v; empty where it tells none

    @property
    def is_new_enough(self) -> bool:
        return tuple(int(number) for number in self.version.split(".")[:2] if number.isdecimal()) >= MIN_NODE


def nodes(node_modules: Path = NODE_MODULES) -> Iterator[Node]:
    """What this machine has: the one on the path, then the one that `npm ci` brings along on Linux."""
    on_path = shutil.which("node")
    for program in (*([Path(on_path)] if on_path else []), *node_modules.glob("node-linux-*/bin/node")):
        if os.access(program, os.X_OK):
            yield Node(program, _version(program))


def _version(program: Path) -> str:
    try:
        said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):  # such as a program for another kind of processor
        return ""
    found = re.match(r"v?(\d+(\.\d+)*)", said.stdout)
    return found[1] if found else ""


def inspector(node_modules: Path = NODE_MODULES) -> Path:
    """Inspector's launcher, whether it is there or not."""
    return node_modules / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
