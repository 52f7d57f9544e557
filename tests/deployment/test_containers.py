"""Start what compose.yaml starts: unprivileged, on read-only file systems, with their own PostgreSQL.

No container engine takes part. Each command runs as a process with exactly the environment, the secrets and the
health check that Compose gives it; only host names are replaced, as Docker's name server would.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from tests.deployment.compose_file import DOT_ENV, read_compose
from tests.deployment.containers import Container, address, give_secrets
from tests.deployment.image import Image, build
from tests.groups import POSTGRES_URL
from tests.loopback_server import serving
from tests.on_behalf_of.audit.databases import bare_postgres
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import ALL_SCOPES, tools_call
from tests.services.own_process import eventually

pytestmark = [pytest.mark.processes, pytest.mark.postgres, pytest.mark.containment]
ROLE = f"audit_app_{os.getpid()}"


@dataclass
class Composed:
    tenant: FakeTenant
    database: str  # its URL, as the owner
    migrate: Container
    api: Container
    bridges: list[Container]
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @property
    def serving(self) -> list[Container]:
        return [self.api, *self.bridges]

    def greet(self, bridge: Container, subject: str) -> requests.Response:
        token = self.tenant.token(sub=subject, aud=DOT_ENV["AUTH0_AUDIENCE"], scope=ALL_SCOPES)
        return requests.post(
            f"http://{bridge.address}:3001/mcp",
            json=tools_call("greet"),
            headers={
                "Host": "mcp.example",
                "Authorization": f"Bearer {token}",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2025-11-25",
            },
            timeout=30,
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return build(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def composed(
    image: Image,
    made_secrets: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Composed]:
    tenant = FakeTenant()
    with ExitStack() as stack:
        url = stack.enter_context(serving(tenant.respond))
        tenant.url = f"{url.replace('127.0.0.1', 'localhost')}/"
        stack.callback(_drop_role)  # once the database is gone, in which it has rights
        database = stack.enter_context(bare_postgres())
        services, _ = read_compose(DOT_ENV | {"OAUTH_ISSUER": tenant.url})
        names = ["migrate", "api", *["bridge"] * services["bridge"].content["deploy"]["replicas"]]
        changes = {
            (made_secrets / "migrate.env").read_text().rpartition("DATABASE_URL=")[2].strip(): database,
            "@db:5432/on_behalf_of": "@" + urlsplit(database).netloc.rpartition("@")[2] + urlsplit(database).path,
            "audit_app": ROLE,
            "//api:": f"//{address(1)}:",
            "api.example,api": f"api.example,{address(1)}",
            "//cache:": f"//{address(9)}:",  # nobody is there, which costs time and nothing else
        }
        folder = tmp_path_factory.mktemp("containers")
        containers = []
        for number, name in enumerate(names):
            mine = give_secrets(services[name], made_secrets, changes, folder / str(number))
            containers.append(Container(services[name], image, mine, address(number), changes, folder))
        composed = Composed(tenant, database, containers[0], containers[1], containers[2:])
        migration = composed.migrate.start()
        assert migration.wait(120) == 0, composed.migrate.log.read_text()
        for container in composed.serving:
            process = composed.processes[container.address] = container.start()
            stack.callback(_end, process)
        for container in composed.serving:
            _wait_until_healthy(container, composed.processes[container.address])
        yield composed


def _wait_until_healthy(container: Container, process: "subprocess.Popen[bytes]") -> None:
    eventually(lambda: process.poll() is not None or container.is_healthy(), f"{container.service.name} is healthy")
    assert process.poll() is None, container.log.read_text()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _drop_role() -> None:
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f"DROP ROLE IF EXISTS {ROLE}".encode())


def test_calls_through_either_bridge_reach_the_api_and_its_log(composed: Composed) -> None:
    for number, bridge in enumerate(composed.bridges):
        answer = composed.greet(bridge, f"auth0|user-{number}")
        assert f'"subject":"auth0|user-{number}"' in answer.text.replace(" ", ""), answer.text
    with psycopg.connect(composed.database) as owner:
        rows = owner.execute("SELECT subject, status FROM obo_audit_delegatedaccess ORDER BY id").fetchall()
    assert rows == [("auth0|user-0", 200), ("auth0|user-1", 200)]


def test_pages_redirect_to_https_unless_the_request_came_over_https(composed: Composed) -> None:
    page = f"http://{composed.api.address}:8787/"
    plain = requests.get(page, headers={"Host": "api.example"}, allow_redirects=False, timeout=10)
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://api.example/")


@pytest.mark.parametrize("number", [0, 1])
def test_only_tmp_is_writable_and_nothing_is_written_there(composed: Composed, number: int) -> None:
    container = composed.serving[number]
    attempt = "import os, pathlib; print(os.getuid()); pathlib.Path({!r}).touch()"
    refused = container.run("python", "-c", attempt.format("/srv/x"))
    assert refused.stdout == "10001\n"
    assert "Read-only file system" in refused.stderr
    assert container.run("python", "-c", attempt.format("/tmp/x")).returncode == 0  # noqa: S108 - the container's own
    process = composed.processes[container.address]
    written = [path for path in Path(f"/proc/{process.pid}/root/tmp").iterdir() if path.lstat().st_uid]
    assert written == []  # nothing but what root may have bound there


def test_the_services_role_can_add_to_the_log_but_not_change_it(composed: Composed) -> None:
    role = composed.api.secrets / "api_env"
    with psycopg.connect(role.read_text().rpartition("DATABASE_URL=")[2].strip(), autocommit=True) as application:
        application.execute("SELECT count(*) FROM obo_audit_delegatedaccess")
        for statement in (
            "UPDATE obo_audit_delegatedaccess SET subject = 'x'",
            "DELETE FROM obo_audit_seal",
            "TRUNCATE obo_audit_logoperation",
            "INSERT INTO obo_audit_tombstone SELECT FROM obo_audit_seal",
            "ALTER TABLE obo_audit_delegatedaccess DISABLE TRIGGER USER",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement.encode())


def test_the_server_never_sees_the_roles_password_in_plain_text(
    composed: Composed,
) -> None:
    with psycopg.connect(composed.database) as owner:
        found = owner.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ROLE]).fetchone()
    assert found is not None
    assert found[0].startswith("SCRAM-SHA-256$")


def test_migrating_again_changes_nothing(composed: Composed) -> None:
    again = composed.migrate.run(*composed.migrate.service.command)
    assert again.returncode == 0, again.stderr
    assert "No migrations to apply" in again.stdout


def test_an_operator_can_verify_the_log_in_a_container(composed: Composed) -> None:
    def verified() -> bool:
        return composed.migrate.run("python", "manage.py", "audit_verify").returncode == 0

    eventually(verified, "the log is sealed and intact")


def test_stopped_containers_become_unhealthy_and_exit_in_time_with_code_0(composed: Composed) -> None:
    """This test must be the last one, because it stops the services."""
    for container in composed.serving:
        composed.processes[container.address].send_signal(signal.SIGTERM)
    for container in composed.serving:
        process = composed.processes[container.address]
        assert process.wait(container.service.stop_grace_period) == 0, container.log.read_text()
    assert not composed.api.is_healthy()
    for container in composed.serving:
        log = container.log.read_text()
        assert "Traceback" not in log
        assert "SECRET" not in log
