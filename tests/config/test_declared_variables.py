"""Every variable is declared where it is read; the page, the example and clean environments follow from that."""

import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import config
from config.environment import BASE_DIR, read_environment
from on_behalf_of import environment as room
from on_behalf_of.environment import Variable
from on_behalf_of.environment.variable import ALL
from operations import configuration_page, declared_variables
from operations.auth0 import management_token
from operations.stack import local_environment

# What else touches the process's environment: it passes the whole of it on, or reads what one of our own processes
# sets for another, or hands it to `Variables`.
WITH_THE_ENVIRONMENT = {
    "on_behalf_of/environment/setting_from_environment.py",  # for projects that install the library
    "on_behalf_of/environment/shared_cache.py",  # likewise
    "config/api/rsgi.py",
    "config/api/wsgi.py",
    "operations/auth0/tenant_environment.py",
    "config/bridge/asgi.py",
    "config/env_file.py",
    "config/environment.py",
    "on_behalf_of/serving/granian_command.py",
    "operations/management/commands/auth0_setup.py",
    "operations/management/commands/demo.py",
    "operations/management/commands/inspect.py",
    "on_behalf_of/serving/metrics/measurements.py",
    "operations/stack.py",
    "config/tenant/wsgi.py",
    "on_behalf_of/serving/wsgi_threads.py",
    "manage.py",
}
NAMES = declared_variables.NAMES
PORTS = {"bridge": 1, "api": 2, "tenant": 3}


class Recording(dict[str, str]):
    """An environment that records which variables were read."""

    asked: set[str]

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override] # all that `Variables` calls
        self.asked.add(name)
        return super().get(name, default)


def declared_in(package: ModuleType) -> set[str]:
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
               if found.name != "settings"]  # fmt: skip
    return {each.name for module in modules for each in vars(module).values() if isinstance(each, Variable)}


def test_every_declaration_is_listed_once() -> None:
    assert len(declared_variables.VARIABLES) == len(NAMES)
    assert declared_in(room) | declared_in(config) | {each.name for each in management_token.VARIABLES} == NAMES


@pytest.mark.parametrize("path", configuration_page.files(), ids=str)
def test_the_page_and_the_example_match_the_declarations(path: Path) -> None:
    written = (BASE_DIR / path).read_text(encoding="utf-8")
    is_up_to_date = written == configuration_page.files()[path]
    assert is_up_to_date, f"{path} is not what the declarations say: run `make variables`, and commit the result."


def test_the_page_names_every_variable_with_its_default() -> None:
    page = configuration_page.files()[configuration_page.PAGE]
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert rows.keys() == NAMES
    for variable in declared_variables.VARIABLES:
        assert f"| {variable.otherwise or (variable.default and f'`{variable.default}`')}" in rows[variable.name]


def test_the_services_accept_the_example(tmp_path: Path) -> None:
    lines = configuration_page.files()[configuration_page.EXAMPLE].splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    own = {"STATE_DIR": str(tmp_path)}
    assert read_environment(example | own | {"MCP_AUTH0_EXCHANGE_SCOPE": ""}) == read_environment(own)


def test_each_variable_that_a_service_needs_is_read(tmp_path: Path) -> None:
    variables = Recording(STATE_DIR=str(tmp_path), OTEL_TRACES_EXPORTER="otlp")
    variables.asked = set()
    read_environment(variables)
    needed = {variable.name for variable in declared_variables.VARIABLES if {*variable.needed_by} & {*ALL}}
    assert variables.asked == needed - {"ENV_FILE"}


def test_no_other_module_reads_the_environment() -> None:
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
    """No variable passes through; blank ones count as unset."""
    own = local_environment(PORTS, tmp_path)
    assert own.keys() == NAMES
    hostile = dict.fromkeys(NAMES, "operator's own") | own
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
        for environment in (mine, mine | dict.fromkeys(NAMES | {"OTEL_SERVICE_NAME"}, "developer's own"))
    ]
    assert told[0] == told[1]
    assert "TEST_POSTGRES_URL" in told[0]
