import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from operations.demo.mcp_user import REDIRECT_URI
from operations.stack import Stack
from tests.groups import node
from tests.services.running import Running

TENANT = Path(__file__).with_name("tenant.mjs")
CLIENT, SECRET = "bridge", "a-secret-of-at-least-thirty-two-characters"


class RunningBehindOidcProvider(Running):
    """Bridge and API as real processes, configured as for any tenant; the local tenant is not even installed."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(
            state_dir,
            DEBUG="false",
            MCP_AUTH0_CLIENT_ID=CLIENT,
            MCP_AUTH0_CLIENT_SECRET=SECRET,
            MCP_AUTH0_EXCHANGE_TARGET="resource",
            API_TRUSTED_ACTORS=CLIENT,
            API_REQUIRE_DELEGATION="true",
        )
        self.environment["OAUTH_ISSUER"] = self.issuer  # to the letter: this issuer has no slash at its end

    @contextmanager
    def up(self) -> Iterator["RunningBehindOidcProvider"]:
        self.manage("migrate", "--verbosity=0")
        ports = {name: port for name, port in self.ports.items() if name != "tenant"}
        with (
            oidc_provider(self.issuer, bridge=self.mcp, api=f"{self.api}/"),
            Stack(ports, environment=self.environment, log_dir=self.state_dir) as self.stack,
        ):
            yield self


@contextmanager
def oidc_provider(issuer: str, **resources: str) -> Iterator[None]:
    """It ends when its standard input closes, so that it does not outlive killed tests."""
    client = {"id": CLIENT, "secret": SECRET}
    configuration = {"issuer": issuer, "client": client, "redirectUri": REDIRECT_URI, **resources}
    program = node()
    assert program
    with subprocess.Popen(
        [program, TENANT, json.dumps(configuration)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        yield
        process.communicate()
        assert process.returncode == 0


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBehindOidcProvider]:
    with RunningBehindOidcProvider(tmp_path_factory.mktemp("oidc-provider")).up() as running:
        yield running
