"""docs/auth0.md shows the command's actual output, scopes and options."""

import re

from config.environment import BASE_DIR
from operations.auth0 import operation
from operations.auth0.desired_tenant import SetupOptions
from operations.auth0.needed_scopes import to_read
from operations.auth0.operation import Operation
from operations.management.commands.auth0_setup import PACKAGE, Command
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.docs.blocks import blocks

PAGE = (BASE_DIR / "docs/auth0.md").read_text("utf-8")


def test_the_plan_looks_as_shown(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.settings |= {
        "resource_parameter_profile": "audience",
        "authorization_response_iss_parameter_supported": False,
    }
    auth0.connections[0]["is_domain_connection"] = False
    (shown,) = blocks("docs/auth0.md", "text")
    assert setup.run("--plan").out.replace(auth0.domain, "example.eu.auth0.com") == shown.text


def test_the_documented_scopes_are_those_that_the_command_needs() -> None:
    everything = SetupOptions(users=("uli@example.com",), organizations=("acme",))
    operations = [each for each in vars(operation).values() if isinstance(each, Operation)]
    wanted = to_read(everything) | {scope for each in operations for scope in each.scope.split()}
    assert set(re.findall(r"`((?:read|create|update|delete):[a-z_]+)`", PAGE)) == wanted


def test_exactly_the_existing_options_are_documented() -> None:
    parser = Command().create_parser("manage.py", "auth0_setup")
    base = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
            "--force-color", "--skip-checks"}  # fmt: skip
    options = {name for action in parser._actions for name in action.option_strings if name.startswith("--")} - base
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) | {"--domain"} == options
    assert PACKAGE in PAGE
