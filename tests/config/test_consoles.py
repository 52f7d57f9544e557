"""Commands on consoles that cannot show every character: the output is readable and never a traceback."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import get_commands

from config.environment import BASE_DIR
from on_behalf_of.primitives.console import SPELLED
from operations.stack import SERVICES, free_ports, local_environment
from tests.config.test_commands import PATIENCE, eventually, inherited
from tests.issuer import Issuer

pytestmark = pytest.mark.processes

CONSOLES = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    # Without the other two, Python would take C for UTF-8.
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
LONG_TESTS = os.environ.get("LONG_TESTS") == "1"
Said = tuple[int, str]
Manage = Callable[..., Said]


@pytest.fixture
def environment(prepared_state: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copytree(prepared_state, tmp_path, dirs_exist_ok=True)
    return local_environment(dict(zip(SERVICES, free_ports(3), strict=True)), tmp_path)


@pytest.fixture(params=list(CONSOLES))
def manage(request: pytest.FixtureRequest, environment: dict[str, str]) -> Manage:
    """Run a command on such a console. Return its exit code and output."""

    def run(*arguments: str, given: bytes = b"") -> Said:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=inherited() | environment | CONSOLES[request.param],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
        text = done.stdout.decode(request.param)  # strictly
        assert "Traceback" not in text
        assert "UnicodeEncodeError" not in text
        return done.returncode, text

    return run


@pytest.mark.parametrize("manage", CONSOLES if LONG_TESTS else ["cp1252"], indirect=True)
def test_the_demo_tells_its_whole_story(manage: Manage) -> None:
    code, text = manage("demo")
    assert code == 0, text
    assert "->" in text
    assert "ok audit_verify: Intact" in text
    assert "x greet:" in text
    assert "Everything worked" in text
    assert "\\u" not in text


def test_up_shows_its_banner(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=BASE_DIR, env=inherited() | environment | CONSOLES["ascii"], stdout=output, stderr=output,
        )  # fmt: skip
    try:
        eventually(lambda: b"Ctrl-C" in log.read_bytes() or process.poll() is not None, "the banner is shown")
        assert process.poll() is None, log.read_bytes()
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_the_doctor_says_what_to_do_and_its_json_can_be_read(manage: Manage) -> None:
    code, text = manage("doctor")
    assert code == 1
    assert "-> Start the API" in text
    _, text = manage("doctor", "--json")
    assert json.loads(text)["problems"]


def test_explain_token_escapes_characters_that_the_console_lacks(manage: Manage, environment: dict[str, str]) -> None:
    issuer = Issuer(environment["OAUTH_ISSUER"])
    token = issuer.sign(issuer.claims(aud=environment["API_AUTH0_AUDIENCE"], sub="žofie 岡田 →"))
    _, text = manage("explain_token", given=token.encode())
    assert "ofie \\u5ca1\\u7530 ->" in text


def test_inspect_says_how_to_install_inspector(manage: Manage, tmp_path: Path) -> None:
    code, text = manage("inspect", "--packages", str(tmp_path / "ž"))
    assert code == 1
    assert "npm ci" in text


def test_the_commands_that_auth0_setup_prints_say_the_same_on_every_console(
    manage: Manage, environment: dict[str, str]
) -> None:
    asked = ["auth0_setup", "--domain", "example.eu.auth0.com", "--emit", "cli", "--env-file", ".env.none"]
    unset = {"OAUTH_ISSUER": "", "DEBUG": "true"}
    environment |= unset
    code, text = manage(*asked)
    assert code == 0, text
    told = subprocess.run(
        [sys.executable, "manage.py", *asked], cwd=BASE_DIR, env=inherited() | environment | {"PYTHONUTF8": "1"},
        capture_output=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    assert "\\u201c" in text  # a quotation mark in what a scope is for, as JSON writes it
    assert shlex.split(text, comments=True) == shlex.split(told, comments=True)


def test_the_log_can_be_sealed_exported_and_verified_on_every_console(
    manage: Manage, environment: dict[str, str], tmp_path: Path
) -> None:
    """The result is also stored in the database, and a file name may hold bytes that are not text."""
    head, file = tmp_path / "head.json", tmp_path / "rows.jsonl"
    for command in (["audit_seal"], ["audit_export", "--head", str(head)], ["audit_export", "--output", str(file)]):
        code, text = manage(*command)
        assert code == 0, text
    code, text = manage("audit_verify", "--head", str(head))
    assert code == 0, text
    missing = tmp_path / "no such… ž"
    code, text = manage("audit_verify", "--head", str(missing))
    assert code == 2
    assert "no such" in text


def test_every_command_describes_itself(environment: dict[str, str]) -> None:
    ours = {path.name for path in BASE_DIR.iterdir() if (path / "__init__.py").exists()}
    names = sorted(name for name, app in get_commands().items() if app.partition(".")[0] in ours)
    assert len(names) >= 16
    assert len(names) >= 16
    code = """
import contextlib, manage, sys
for name in sys.argv[1:]:
    sys.argv = ["manage.py", name, "--help"]
    with contextlib.suppress(SystemExit):
        manage.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=BASE_DIR, env=inherited() | environment | CONSOLES["ascii"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=PATIENCE,
    )  # fmt: skip
    said = done.stdout.decode("ascii")
    assert done.returncode == 0, said
    assert [name for name in names if f"usage: manage.py {name} " not in said] == []


def test_escaped_text_is_pure_ascii() -> None:
    assert all(spelling.isascii() and not character.isascii() for character, spelling in SPELLED.items())
