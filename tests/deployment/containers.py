"""The containers of compose.yaml as local processes, each at its own loopback address."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config.environment import BASE_DIR
from tests.deployment.compose_file import SECRETS, ComposeService
from tests.deployment.image import Image

NUMBER = os.getpid() % 60_000  # several test runs at once have addresses of their own


def address(container: int) -> str:
    """Loopback, but none of the names for which the services make exceptions."""
    return f"127.{64 + NUMBER // 250 % 64}.{NUMBER % 250}.{container + 2}"


@dataclass(frozen=True)
class Container:
    service: ComposeService
    image: Image
    secrets: Path  # a directory of the files that it is given
    address: str
    changes: dict[str, str]  # words -> what stands for them on this machine, such as `//api:` -> `//127.64.1.2:`
    folder: Path  # for the test's own files about it

    @property
    def log(self) -> Path:
        return self.folder / f"{self.address}.log"

    def environment(self) -> dict[str, str]:
        """Return the variables from Compose and the image, and of this machine's only those that locate Python."""
        given = {name: self._reached(value) for name, value in self.service.environment.items()}
        return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"} | self.image.environment | given

    def start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return subprocess.Popen(self._contained(self.service.command), stdout=output, stderr=output)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run another command in such a container."""
        return subprocess.run(self._contained(command), check=False, capture_output=True, text=True, timeout=120)

    def is_healthy(self) -> bool:
        return self.run(*self.service.health_check).returncode == 0

    def _contained(self, command: Iterable[str]) -> list[str]:
        python = {sys.base_prefix: sys.base_prefix, sys.prefix: sys.prefix}
        mine = {f"{SECRETS}/{name}": str(self.secrets / name) for name in self.service.secrets}
        uid, _, gid = self.service.content["user"].partition(":")
        assert uid == gid == self.image.user.partition(":")[0]
        root = self.folder / "root"  # the same for all: what each mounts there, it alone sees
        root.mkdir(exist_ok=True)
        spec = {
            "root": str(root),
            "binds": python | {self.image.workdir: str(self.image.files)} | mine,
            "workdir": self.image.workdir,
            "uid": int(uid),
            "command": [self._reached(word) for word in command],
            "environment": self.environment(),
        }
        file = self.folder / f"{self.address}-{os.urandom(4).hex()}.json"
        file.write_text(json.dumps(spec))
        program = BASE_DIR / "tests" / "deployment" / "contained.py"
        return ["unshare", "--mount", "--propagation", "private", sys.executable, str(program), str(file)]

    def _reached(self, text: str) -> str:
        """Replace host names with addresses on this machine."""
        own = {"0.0.0.0": self.address, "127.0.0.1": self.address}  # noqa: S104 - it is replaced
        return replaced(text, own | self.changes)


def give_secrets(service: ComposeService, made: Path, changes: dict[str, str], folder: Path) -> Path:
    """Write the files that Compose binds into a container, by their names there, with some words replaced."""
    folder.mkdir(parents=True)
    for name, file in service.secrets.items():
        source = made / Path(file).name
        (folder / name).write_text(replaced(source.read_text(encoding="utf-8"), changes), encoding="utf-8")
        (folder / name).chmod(source.stat().st_mode)
    return folder


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text
