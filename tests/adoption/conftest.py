import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *command, "--wheel-dir", folder, BASE_DIR], check=True)
    (file,) = folder.glob("django_on_behalf_of-*.whl")
    return file


def fresh_environment(folder: Path, *requirements: str) -> Path:
    """Make a virtual environment below `folder` with these packages and their dependencies. Return its Python."""
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *requirements], check=True)
    return python
