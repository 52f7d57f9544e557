"""The command as operators and builds run it: a process with input and an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.environment import BASE_DIR
from tests.on_behalf_of.diagnosis.doctor.clinic import Clinic

pytestmark = pytest.mark.processes


def doctor(variables: dict[str, str], *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=BASE_DIR,
        env=inherited | {"ENV_FILE": os.devnull} | variables,
        input=typed,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_pasted_token_passes_every_step_and_the_report_is_readable(clinic: Clinic) -> None:
    token = clinic.token_a()
    done = doctor(clinic.variables, "--token-file", "-", typed=f"Bearer {token}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GET /api/private-scope was answered" in " ".join(done.stdout.split())
    assert done.stdout.rstrip().endswith("problems: 0, warnings: 0, not checked: 0")
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert token not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "variable"),
    [({"AUTH0_AUDIENCE": ""}, "AUTH0_AUDIENCE"), ({"DATABASE_URL": "mysqll://u:pass-word@h/d"}, "DATABASE_URL")],
)
def test_an_environment_that_stops_other_commands_is_a_finding(
    clinic: Clinic, changes: dict[str, str], variable: str
) -> None:
    done = doctor(clinic.variables | changes, "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    first = json.loads(done.stdout)["findings"][0]
    assert (first["check"], first["status"], first["setting"]) == ("environment", "problem", variable)


def test_a_token_is_never_an_argument(clinic: Clinic) -> None:
    done = doctor(clinic.variables, "--token", clinic.token_a())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not clinic.tenant.forms


@pytest.mark.parametrize("content", [None, "", "one two", "caf\u00e9"])
def test_a_file_without_one_token_is_bad_usage(clinic: Clinic, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError) as refusal:
        call_command("doctor", "--token-file", str(file))
    assert refusal.value.returncode == 2


def test_a_url_is_not_a_path_of_the_api(clinic: Clinic) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("doctor", "--api-path", "https://elsewhere.example/")
    assert refusal.value.returncode == 2
