"""Check compose.yaml and the Dockerfile: what they promise, and that their settings are fit for production."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.environment import BASE_DIR, read_environment
from on_behalf_of.serving.granian_command import FLUSH
from on_behalf_of.serving.parent_process import GRACE
from tests.deployment.compose_file import DOT_ENV, SECRETS, ComposeService, Missing, read_compose
from tests.deployment.image import FROM, build, instructions, is_sent

ISSUER = {"OAUTH_ISSUER": "https://tenant.example/"}
SERVICES, WHOLE = read_compose(DOT_ENV | ISSUER)
OURS = ("migrate", "api", "bridge")
ours = pytest.mark.parametrize("name", OURS)


def given(service: ComposeService, made_secrets: Path) -> dict[str, str]:
    """Return its environment, with paths in the checkout instead of in the container."""
    mine = {f"{SECRETS}/{name}": str(made_secrets / Path(file).name) for name, file in service.secrets.items()}
    return {name: mine.get(value, value) for name, value in service.environment.items()}


@ours
def test_our_containers_run_without_privileges_on_a_read_only_file_system(name: str) -> None:
    content = SERVICES[name].content
    assert content["read_only"] is True
    assert content["user"] == "10001:10001"
    assert content["cap_drop"] == ["ALL"]
    assert content["security_opt"] == ["no-new-privileges:true"]
    assert [place.partition(":")[0] for place in content["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's
    assert "volumes" not in content
    assert not content.get("privileged")


def test_ports_are_published_on_loopback_only_and_the_stores_are_isolated() -> None:
    for service in SERVICES.values():
        assert all(port["host_ip"] == "127.0.0.1" for port in service.content.get("ports", []))
    assert WHOLE["networks"]["inside"]["internal"] is True
    for name in ("db", "cache", "migrate"):
        assert SERVICES[name].content["networks"] == ["inside"]


@pytest.mark.parametrize("name", ["api", "bridge"])
def test_the_stop_period_is_long_enough_for_calls_in_flight(name: str) -> None:
    seconds = read_environment({**DOT_ENV, **ISSUER, "DEBUG": "false", "STATE_DIR": "unused"} | _key()).upstream_timeout
    assert SERVICES[name].stop_grace_period > max(GRACE, seconds + FLUSH)


def _key() -> dict[str, str]:
    return {"SECRET_KEY": "x" * 50}


def test_compose_starts_nothing_until_the_required_variables_are_set() -> None:
    for name in DOT_ENV:
        with pytest.raises(Missing, match=name):
            read_compose({**DOT_ENV, **ISSUER, name: ""})


def test_no_secret_is_in_the_files() -> None:
    text = (BASE_DIR / "compose.yaml").read_text() + (BASE_DIR / "Dockerfile").read_text()
    assert not re.search(r"(SECRET|PASSWORD|KEYS?)\s*[:=]\s*[^\s/\"#]", text.replace("PASSWORD_FILE", ""))
    assert all(secret["file"].startswith("secrets/") for secret in WHOLE["secrets"].values())
    ignored = subprocess.run(["git", "check-ignore", "-q", "secrets/api.env"], cwd=BASE_DIR, check=False)  # noqa: S607
    assert ignored.returncode == 0


def test_each_container_gets_the_secrets_that_it_needs_and_no_others(made_secrets: Path) -> None:
    assert set(SERVICES["bridge"].secrets) == {"bridge_env"}  # neither seal key nor owner's password
    assert "migrate_env" not in SERVICES["api"].secrets
    used = {file for service in SERVICES.values() for file in service.secrets.values()}
    assert {Path(file).name for file in used} == {file.name for file in made_secrets.iterdir()}


def test_secrets_are_made_once_in_a_directory_that_only_the_owner_can_read(made_secrets: Path) -> None:
    assert made_secrets.stat().st_mode & 0o777 == 0o700
    keys = re.findall(r"SECRET_KEY=(.+)", "".join(file.read_text() for file in made_secrets.glob("*.env")))
    assert len(set(keys)) == 3
    again = subprocess.run(
        [sys.executable, "manage.py", "make_secrets", str(made_secrets)],
        cwd=BASE_DIR,
        check=False,
        capture_output=True,
        text=True,
    )
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1


@pytest.mark.parametrize(("name", "settings"), [("api", "api"), ("bridge", "bridge"), ("migrate", "")])
def test_the_settings_pass_djangos_checks_for_deployment(name: str, settings: str, made_secrets: Path) -> None:
    module = f"config.{settings}.settings" if settings else "config.settings"
    environment = {"PATH": os.environ["PATH"]} | given(SERVICES[name], made_secrets)
    checked = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE_DIR,
        env=environment | {"DJANGO_SETTINGS_MODULE": module},
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_image_holds_the_code_with_its_bytecode_and_nothing_else(tmp_path: Path) -> None:
    image = build(tmp_path)
    assert image.user == "10001:10001"
    assert any("--require-hashes" in install for install in image.installs)
    code = {"config", "on_behalf_of", "operations", "downstream_api", "mcp_bridge", "local_tenant"}
    assert {file.name for file in tmp_path.iterdir()} == {*code, "manage.py", "requirements.txt", "__pycache__"}
    for folder in code:
        sources = {str(file.relative_to(BASE_DIR)) for file in (BASE_DIR / folder).rglob("*") if file.is_file()}
        sent = {str(file.relative_to(tmp_path)) for file in (tmp_path / folder).rglob("*") if file.suffix != ".pyc"}
        assert {name for name in sources if "__pycache__" not in name} <= sent
    for source in tmp_path.rglob("*.py"):
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.pyc")), f"{source} is not compiled"


@pytest.mark.parametrize("path", [".env", "secrets/api.env", "var/secret_key", "tests/run.py", ".git/config"])
def test_files_that_are_not_code_never_reach_the_builder(path: str) -> None:
    assert not is_sent(path)


def test_images_are_named_without_a_host() -> None:
    """So that a configured mirror is used."""
    names: list[Any] = [service.content["image"] for service in SERVICES.values()]
    assert all("." not in name.partition("/")[0] for name in names)
    assert ("FROM", FROM) in list(instructions())
