"""Build the Dockerfile's image as a directory. The packages are those of the environment that runs the tests."""

import fnmatch
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from config.environment import BASE_DIR

FROM, NOT_RUN = "python:3.11-slim-bookworm", ("pip", "useradd")


@dataclass
class Image:
    files: Path  # what is in its working directory
    workdir: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    installs: list[str] = field(default_factory=list)  # what was left out, for the network it takes


def instructions() -> Iterator[tuple[str, str]]:
    for line in (BASE_DIR / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest


def build(directory: Path) -> Image:
    """Build the image. Supports the instructions in this project's Dockerfile, and fails at any other."""
    image = Image(directory)
    for name, rest in instructions():
        match name:
            case "FROM":
                assert rest == FROM
            case "WORKDIR":
                image.workdir = rest
            case "ENV":
                image.environment |= dict(part.split("=", 1) for part in shlex.split(rest))
            case "COPY":
                source, target = rest.split()
                _copy(source, directory / target)
            case "RUN":
                _run(shlex.split(rest), image)
            case "USER":
                image.user = rest
            case "CMD":
                json.loads(rest)
            case _:
                raise AssertionError(f"{name} is an instruction that these tests do not read")
    return image


def _run(command: list[str], image: Image) -> None:
    if command[0] in NOT_RUN:
        image.installs.append(shlex.join(command))
        return
    program = sys.executable if command[0] == "python" else command[0]
    subprocess.run([program, *command[1:]], cwd=image.files, check=True)


def _copy(source: str, target: Path) -> None:
    assert is_sent(source), f"{source} is not sent to the builder"
    if (BASE_DIR / source).is_file():
        shutil.copy(BASE_DIR / source, target / source if target.is_dir() else target)
        return
    shutil.copytree(BASE_DIR / source, target, ignore=_ignored)


def _ignored(directory: str, names: list[str]) -> set[str]:
    at = Path(directory).relative_to(BASE_DIR)
    return {name for name in names if not is_sent(str(at / name))}


def is_sent(path: str) -> bool:
    """Return whether .dockerignore lets this path into the build. The last matching line decides."""
    sent = True
    parts = PurePosixPath(path)
    places = [str(parts), *(str(parent) for parent in parts.parents if str(parent) != ".")]
    for line in (BASE_DIR / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        fits = any(
            fnmatch.fnmatch(PurePosixPath(place).name, anywhere)
            if anywhere != pattern
            else fnmatch.fnmatch(place, pattern)
            for place in places
        )
        if fits:
            sent = line.startswith("!")
    return sent
