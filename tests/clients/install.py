"""`make clients`: install what the lock files name, each environment in its own folder, and print the licences.

    python -m tests.clients.install [--ci] [--proprietary] [FOLDER ...]

A folder below tests/clients/ with a `package-lock.json` is installed by npm, one with a `requirements.txt` by pip.
Install scripts of npm packages do not run, but for those that the folder's package.json names in `runScriptsOf`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.clients.pypi import python
from tests.clients.registry import clients
from tests.groups import node

HERE = Path(__file__).resolve().parent


def environments() -> list[Path]:
    """Return the folders that have something to install."""
    locks = [path for name in ("package-lock.json", "requirements.txt") for path in HERE.rglob(name)]
    own = [path for path in locks if not {"node_modules", ".venv"} & set(path.relative_to(HERE).parts)]
    return sorted({path.parent for path in own})


def is_proprietary(folder: Path) -> bool:
    return (folder / "PROPRIETARY").exists()


def is_installed(folder: Path) -> bool:
    """Return whether the installed packages match the lock file."""
    mark = _mark(folder)
    return mark.exists() and mark.read_bytes() == _lock(folder).read_bytes()


def main(arguments: list[str]) -> int:
    with_proprietary = "--proprietary" in arguments
    named = {name for name in arguments if not name.startswith("-")}
    if "--ci" in arguments:  # only what the group of CI needs
        named |= {str(client.folder.relative_to(HERE)) for client in clients() if client.is_for_ci}
    failed = False
    for folder in environments():
        name = str(folder.relative_to(HERE))
        if named and name not in named:
            continue
        if is_proprietary(folder) and not with_proprietary:
            print(f"{name}: left out, its licence is proprietary ({(folder / 'PROPRIETARY').read_text().strip()})")
            continue
        if not is_installed(folder):
            print(f"{name}: installing ...", flush=True)
            try:
                install(folder)
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                print(f"{name}: could not be installed: {error}")
                failed = True
                continue
        for package, version, licence in licences(folder):
            print(f"{name}: {package} {version} ({licence})")
    return 1 if failed else 0


def install(folder: Path) -> None:
    """Install what the folder's lock file names. Raises CalledProcessError or FileNotFoundError if it cannot."""
    (_install_npm if _is_npm(folder) else _install_python)(folder)
    shutil.copy(_lock(folder), _mark(folder))


def licences(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Return name, version and licence of each package that the folder names directly."""
    if _is_npm(folder):
        wanted = json.loads((folder / "package.json").read_text())
        for name in {**wanted.get("dependencies", {}), **wanted.get("optionalDependencies", {})}:
            file = folder / "node_modules" / name / "package.json"
            if file.exists():
                package: dict[str, Any] = json.loads(file.read_text())
                licence = package.get("license") or wanted.get("licences", {}).get(name, "no licence named")
                yield name, package["version"], str(licence)
        return
    lines = (folder / "requirements.in").read_text().splitlines()
    names = [re.split(r"[\[<>=~! ;]", line)[0] for line in lines if line and not line.startswith("#")]
    command = [python(folder), HERE / "python_licences.py", *names]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    for line in said.stdout.splitlines():
        name, version, licence = line.split("\t")
        yield name, version, licence


def _is_npm(folder: Path) -> bool:
    return (folder / "package-lock.json").exists()


def _lock(folder: Path) -> Path:
    return folder / ("package-lock.json" if _is_npm(folder) else "requirements.txt")


def _mark(folder: Path) -> Path:
    """Return the path of the copy of the lock file that is kept with the installation."""
    return folder / ("node_modules" if _is_npm(folder) else ".venv") / ".installed"


def _install_npm(folder: Path) -> None:
    program = node()
    path = f"{program.parent}:{os.environ['PATH']}" if program else os.environ["PATH"]
    own = os.environ | {"PATH": path}
    quiet = ("--no-audit", "--no-fund", "--silent")
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise FileNotFoundError("npm is missing: install Node.js 22.19 or newer")
    subprocess.run([npm, "ci", "--ignore-scripts", *quiet], cwd=folder, env=own, check=True)
    scripted = json.loads((folder / "package.json").read_text()).get("runScriptsOf", [])
    if scripted:
        subprocess.run([npm, "rebuild", *quiet, *scripted], cwd=folder, env=own, check=True)


def _install_python(folder: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder / ".venv"], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python", python(folder),
         "-r", folder / "requirements.txt"],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
