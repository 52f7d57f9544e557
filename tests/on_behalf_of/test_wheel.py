"""The wheel holds the library and the development tenant, whole, and nothing else of this repository."""

import os
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from config.environment import BASE_DIR

PACKAGES = ("on_behalf_of", "local_tenant")
EXTRAS = {"audit", "drf", "local-tenant", "mcp", "metrics", "postgres", "redis", "serving", "testing", "tracing"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    # As `pip wheel .` does, with the build backend that is installed here.
    command = ["-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *command, "--wheel-dir", folder, BASE_DIR], check=True)
    (file,) = folder.glob("django_on_behalf_of-*.whl")
    return zipfile.ZipFile(file)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_exactly_the_librarys_files(wheel: zipfile.ZipFile) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *PACKAGES],  # noqa: S607 - whichever git the developer uses
        cwd=BASE_DIR, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    sources = {name for name in listed if (BASE_DIR / name).exists()}
    assert {"on_behalf_of/py.typed", "on_behalf_of/serving/templates/on_behalf_of/error.html"} <= sources
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == sources


def test_django_comes_only_with_the_extras_that_need_it(metadata: Message) -> None:
    base = {each.partition(";")[0].split("<")[0].split(">")[0] for each in metadata.get_all("Requires-Dist", [])
            if "extra ==" not in each}  # fmt: skip
    assert base == {"certifi", "cryptography", "idna", "pyjwt", "urllib3"}
    assert set(metadata.get_all("Provides-Extra", [])) >= EXTRAS


def test_verifying_with_given_keys_loads_neither_django_nor_an_http_client(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path)
    code = (
        "import sys; from on_behalf_of.resource_server import verify_access_token;"
        "import on_behalf_of; print(on_behalf_of.__file__);"
        "print([name for name in ('django', 'urllib3', 'rest_framework', 'mcp') if name in sys.modules])"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert said == [str(tmp_path / "on_behalf_of" / "__init__.py"), "[]"]
