"""One list names every variable that is read; the code that separates configurations uses it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR, read_environment
from config.variables import DECLARED, Variables
from operations.stack import local_environment

# What else touches the process's environment: it passes the whole of it on, or reads what one of our own processes
# sets for another, or hands it to `Variables`.
WITH_THE_ENVIRONMENT = {
    "on_behalf_of/environment.py",  # for projects that install the library
    "config/api/wsgi.py",
    "operations/auth0/tenant_environment.py",
    "config/bridge/asgi.py",
    "config/env_file.py",
    "config/environment.py",
    "config/granian_command.py",
    "operations/management/commands/auth0_setup.py",
    "operations/management/commands/demo.py",
    "operations/management/commands/inspect.py",
    "on_behalf_of/serving/metrics/measurements.py",
    "operations/stack.py",
    "config/tenant/wsgi.py",
    "on_behalf_of/serving/wsgi_threads.py",
    "manage.py",
}
PORTS = {"bridge": 1, "api": 2, "tenant": 3}


class Recording(dict[str, str]):
    """An environment that remembers which variables were asked for."""

    asked: set[str]

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override] # all that `Variables` calls
        self.asked.add(name)
        return super().get(name, default)


def names_in_the_table() -> set[str]:
    table = (
        (BASE_DIR / "docs/configuration.md")
        .read_text(encoding="utf-8")
        .partition("| variable | default | meaning |")[2]
    )
    rows = table.partition("\n\n")[0].splitlines()
    return {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row.split(" | ")[0])}


def test_the_table_names_each_variable_and_no_other() -> None:
    assert names_in_the_table() == DECLARED


def test_each_variable_that_is_declared_is_read(tmp_path: Path) -> None:
    variables = Recording(STATE_DIR=str(tmp_path), OTEL_TRACES_EXPORTER="otlp")
    variables.asked = set()
    read_environment(variables)
    elsewhere = {name for name in DECLARED if name.startswith("AUTH0_MANAGEMENT_")} | {"ENV_FILE"}
    assert variables.asked == DECLARED - elsewhere


def test_a_variable_that_is_not_declared_cannot_be_read() -> None:
    with pytest.raises(LookupError, match="NEW_VARIABLE"):
        Variables({"NEW_VARIABLE": "x"}).text("NEW_VARIABLE")


def test_no_other_module_looks_into_the_environment() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],  # noqa: S607 - whichever git the developer uses
        cwd=BASE_DIR, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    found = {
        name
        for name in tracked
        if not name.startswith("tests/")
        and (BASE_DIR / name).exists()
        and re.search(r"\bos\.environ\b|\bgetenv\b", (BASE_DIR / name).read_text(encoding="utf-8"))
    }
    assert found == WITH_THE_ENVIRONMENT


def test_the_demos_services_see_nothing_of_the_operators_configuration(tmp_path: Path) -> None:
    """Not one variable is left to pass through; what is blank counts as unset."""
    own = local_environment(PORTS, tmp_path)
    assert own.keys() == DECLARED
    hostile = dict.fromkeys(DECLARED, "operator's own") | own
    assert read_environment(hostile) == read_environment({name: value for name, value in own.items() if value})


def test_the_test_run_sees_nothing_of_the_developers_configuration() -> None:
    code = "import os, tests.run as run; print(sorted(run.environment_of_the_tests('/state').items()))"
    mine = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "REQUIRE_ALL_GROUPS": "1",
        "TEST_POSTGRES_URL": "postgres://",
    }
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
        ).stdout
        for environment in (mine, mine | dict.fromkeys(DECLARED | {"OTEL_SERVICE_NAME"}, "developer's own"))
    ]
    assert told[0] == told[1]
    assert "TEST_POSTGRES_URL" in told[0]
