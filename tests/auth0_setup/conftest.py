import io
import os
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.env_file import assignments
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.loopback_server import serving


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err


@dataclass
class Setup:
    """Runs `manage.py auth0_setup` with a token in the environment and an .env file."""

    auth0: FakeAuth0
    state_dir: Path
    ca_file: Path
    env_file: Path
    variables: dict[str, str] = field(default_factory=dict)  # of the process, beyond those

    def run(self, *arguments: str, says: str = "") -> Result:
        out, err = io.StringIO(), io.StringIO()
        environment = {
            "AUTH0_MANAGEMENT_TOKEN": self.auth0.management_token(),
            "UPSTREAM_CA_FILE": str(self.ca_file),
            "STATE_DIR": str(self.state_dir),
            "ENV_FILE": os.devnull,
            **assignments(self.env_file),  # as manage.py would have read it
            **self.variables,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(says))
            domain = [] if environment.get("AUTH0_DOMAIN") else ["--domain", self.auth0.domain]
            try:
                call_command(
                    "auth0_setup", *domain, "--env-file", str(self.env_file), *arguments, stdout=out, stderr=err
                )
                code = 0
            except CommandError as error:
                code = error.returncode
                err.write(str(error))
            except SystemExit as ending:
                code = int(ending.code or 0)
        return Result(code, out.getvalue(), err.getvalue())

    @property
    def made_file(self) -> Path:
        return self.state_dir / "auth0" / f"{self.auth0.domain.replace(':', '_')}.json"


@pytest.fixture(scope="session")
def served_auth0(authority: tuple[Path, Path]) -> Iterator[FakeAuth0]:
    """One server for all tests. Each test starts with an empty tenant."""
    auth0 = FakeAuth0()
    with serving(auth0.respond, tls=authority[1]) as url:
        auth0.url = f"{url}/"
        yield auth0


@pytest.fixture
def auth0(served_auth0: FakeAuth0, done_once: "Done") -> FakeAuth0:
    url = served_auth0.url
    served_auth0.__init__()  # type: ignore[misc]
    served_auth0.url = url
    return served_auth0


@dataclass(frozen=True)
class Done:
    """The result of a setup: at the tenant, in .env, and in the record."""

    contents: dict[str, Any]
    env: str
    record: str


ADA = ("--administrator", "ada@example.com")  # who is a member in `already_set_up`


@pytest.fixture(scope="session")
def done_once(served_auth0: FakeAuth0, authority: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("done")
    setup = Setup(served_auth0, folder / "state", authority[0], folder / ".env")
    served_auth0.users = {"ada@example.com": "auth0|ada"}
    assert setup.run("--yes", *ADA).code == 0
    return Done(served_auth0.contents(), setup.env_file.read_text("utf-8"), setup.made_file.read_text("utf-8"))


@pytest.fixture
def already_set_up(done_once: Done, setup: Setup) -> Setup:
    vars(setup.auth0).update(deepcopy(done_once.contents))
    setup.env_file.write_text(done_once.env, "utf-8")
    setup.made_file.parent.mkdir(parents=True)
    setup.made_file.write_text(done_once.record, "utf-8")
    return setup


@pytest.fixture
def setup(auth0: FakeAuth0, authority: tuple[Path, Path], tmp_path: Path) -> Setup:
    return Setup(auth0, tmp_path / "state", authority[0], tmp_path / ".env")
