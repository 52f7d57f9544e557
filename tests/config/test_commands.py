"""`serve` and `up` for operators: one clear sentence if something is wrong, and no process left behind."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from config.environment import BASE_DIR
from operations import declared_variables
from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import Person
from operations.stack import SERVICES, free_ports, local_environment
from tests.config.test_environment import QUICKSTART

pytestmark = pytest.mark.processes
PATIENCE = 120.0  # seconds; a busy machine is slow


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return local_environment(dict(zip(SERVICES, free_ports(3), strict=True)), tmp_path)


@pytest.fixture
def prepared(environment: dict[str, str], prepared_state: Path, tmp_path: Path) -> dict[str, str]:
    """Like the fixture above, with a database that is already migrated and seeded."""
    shutil.copytree(prepared_state, tmp_path, dirs_exist_ok=True)
    return environment


def inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=inherited() | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def refusal(environment: dict[str, str], *arguments: str) -> str:
    """Return the refusal of a command, which must be one line and no traceback."""
    result = manage(environment, *arguments)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr


def eventually(happens: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def up(prepared: dict[str, str], tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=BASE_DIR, env=inherited() | prepared, stdout=log, stderr=log
        )
        yield process
        process.terminate()
        process.wait(PATIENCE)


def ports_of(environment: dict[str, str]) -> list[int]:
    urls = (environment["OAUTH_ISSUER"].rstrip("/"), environment["API_BASE_URL"], environment["MCP_SERVER_URL"])
    return [int(url.rpartition(":")[2]) for url in urls]


def test_serve_never_migrates_and_says_what_to_run(environment: dict[str, str]) -> None:
    assert "manage.py migrate" in refusal(environment, "serve", "api")


def test_a_port_in_use_is_reported_in_one_sentence(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert port in refusal(environment, "serve", "bridge", "--port", port)
        assert port in refusal(environment | {"PORT": port}, "up")


@pytest.fixture
def busy() -> Iterator[list[int]]:
    """Yield ports on which other programs listen: the local tenant's own, and two more."""
    with ExitStack() as others:
        ports = []
        for port in (9000, 0, 0):
            other = others.enter_context(socket.socket())
            with suppress(OSError):  # the first may be in use on this machine, which is as good
                other.bind(("127.0.0.1", port))
                other.listen()
            ports.append(port or other.getsockname()[1])
        yield ports


def test_the_advice_about_busy_ports_works(prepared: dict[str, str], busy: list[int], tmp_path: Path) -> None:
    _, api, bridge = busy
    kept = {name: prepared[name] for name in ("ENV_FILE", "STATE_DIR")}
    configured = (
        dict.fromkeys(declared_variables.NAMES, "")
        | kept
        | {"PORT": str(bridge), "API_BASE_URL": f"http://localhost:{api}"}
    )
    for port in busy:
        sentence = refusal(configured, "up")
        assert f":{port} " in sentence
        advice = dict(re.findall(r"\b([A-Z][A-Z0-9_]+)=([^\s,.]+)", sentence))
        assert advice, sentence
        configured |= advice
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=BASE_DIR,
            env=inherited() | configured,
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: "Ctrl-C" in log.read_text(encoding="utf-8") or process.poll() is not None, "up is up")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert asyncio.run(greeted_at(f"{configured['MCP_SERVER_URL']}/mcp")).startswith("Hello")
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def greeted_at(url: str) -> str:
    """Return the greeting of a user who logs in through all three services."""
    async with mcp_client(url, Person("admin@example.com", "admin-demo"), Wallet()) as client:
        answer = (await client.call_tool("greet", {})).structured_content
    assert answer is not None
    return str(answer["greeting"])


def test_with_debug_on_no_service_listens_beyond_loopback(environment: dict[str, str]) -> None:
    assert "DEBUG" in refusal(environment, "serve", "bridge", "--host", "0.0.0.0")  # noqa: S104 - that is the point


def test_listening_beyond_loopback_requires_a_configured_secret_key(environment: dict[str, str]) -> None:
    assert "SECRET_KEY" in refusal(environment | QUICKSTART, "serve", "bridge", "--host", "0.0.0.0")  # noqa: S104


def test_the_local_tenant_does_not_start_if_a_real_tenant_is_configured(environment: dict[str, str]) -> None:
    assert "development" in refusal(environment | QUICKSTART | {"OAUTH_ISSUER": ""}, "serve", "tenant")


@pytest.mark.parametrize("issuer", ["", "http://localhost:9000/"])
def test_the_local_tenant_does_not_start_without_debug(environment: dict[str, str], issuer: str) -> None:
    without = environment | {"DEBUG": "false", "SECRET_KEY": "x" * 50, "OAUTH_ISSUER": issuer}
    assert "DEBUG" in refusal(without, "serve", "tenant", "--host", "0.0.0.0")  # noqa: S104 - that is the point


def test_two_services_on_one_port_are_refused_with_the_variables_name(environment: dict[str, str]) -> None:
    assert "API_BASE_URL" in refusal(environment | {"API_BASE_URL": environment["MCP_SERVER_URL"]}, "up")


def test_a_bridge_without_a_client_names_the_missing_variable(environment: dict[str, str]) -> None:
    incomplete = environment | QUICKSTART | {"OAUTH_ISSUER": "", "MCP_AUTH0_CLIENT_SECRET": ""}
    assert refusal(incomplete, "serve", "bridge").startswith("MCP_AUTH0_CLIENT_SECRET")


def test_a_malformed_database_url_is_refused_with_the_variables_name(environment: dict[str, str]) -> None:
    assert refusal(environment | {"DATABASE_URL": "what:ever"}, "migrate").startswith("DATABASE_URL")


def test_a_database_that_does_not_answer_is_reported(environment: dict[str, str]) -> None:
    dead = environment | {"DATABASE_URL": "postgres://u:hidden@127.0.0.1:9/none"}
    sentence = refusal(dead, "serve", "api")
    assert "DATABASE_URL" in sentence
    assert "hidden" not in sentence


def test_the_quickstarts_env_file_starts_without_a_network(tmp_path: Path) -> None:
    """The file is accepted unchanged, and nothing is fetched until a token must be verified."""
    (port,) = free_ports(1)
    lines = [f"{name}={value}" for name, value in (QUICKSTART | {"PORT": str(port)}).items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    known = {name: value for name, value in inherited().items() if name not in QUICKSTART}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "bridge"],
        cwd=BASE_DIR,
        env=known | {"ENV_FILE": str(tmp_path / ".env"), "STATE_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: not is_free(port), "the bridge listens")
        answer = requests.get(f"http://127.0.0.1:{port}/.well-known/oauth-protected-resource", timeout=5)
        assert answer.json()["authorization_servers"] == ["https://example-tenant.us.auth0.com/"]
        assert answer.json()["resource"] == "http://localhost:3001/"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_interrupting_up_leaves_nothing_running(
    up: "subprocess.Popen[bytes]", environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "up.log"
    eventually(lambda: "Ctrl-C" in log.read_text(), "the banner is shown")
    assert all(map(answers, ports_of(environment)))
    up.send_signal(signal.SIGINT)
    assert up.wait(PATIENCE) == 0
    assert all(map(is_free, ports_of(environment)))
    assert "Traceback" not in log.read_text()
    assert "admin@example.com" in log.read_text()


def test_up_ends_even_if_the_signal_comes_during_a_finalizer(prepared: dict[str, str]) -> None:
    """Python discards the KeyboardInterrupt there."""
    code = """
import os, signal, manage
from operations.management.commands.up import Command

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))  # Python runs the signal's handler between two instructions, so within this finalizer

Command._banner = lambda *_, **__: Finalized() and None
manage.sys.argv = ["manage.py", "up"]
manage.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=inherited() | prepared,
        check=False, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "All services have ended" in done.stdout
    assert all(map(is_free, ports_of(prepared)))


def test_killing_up_ends_the_services_too(up: "subprocess.Popen[bytes]", environment: dict[str, str]) -> None:
    eventually(lambda: all(map(answers, ports_of(environment))), "all services answer")
    up.kill()
    eventually(lambda: all(map(is_free, ports_of(environment))), "the services end with their parent")


def test_up_restarts_a_dead_service(up: "subprocess.Popen[bytes]", environment: dict[str, str]) -> None:
    eventually(lambda: all(map(answers, ports_of(environment))), "all services answer")
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(up.pid)]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    api = next(int(line.split()[0]) for line in listed.stdout.splitlines() if "config.api" in line)
    os.kill(api, signal.SIGKILL)
    port = ports_of(environment)[1]
    eventually(lambda: not answers(port), "the API is gone")
    eventually(lambda: answers(port), "the API is back")


def test_up_stays_up_and_warns_if_the_tenant_is_unreachable(tmp_path: Path) -> None:
    bridge, api, nobody = free_ports(3)
    configured = QUICKSTART | {
        "OAUTH_ISSUER": f"https://127.0.0.1:{nobody}/",
        "PORT": str(bridge),
        "MCP_SERVER_URL": f"http://localhost:{bridge}",
        "API_BASE_URL": f"http://localhost:{api}",
        "ENV_FILE": os.devnull,
        "STATE_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "SECRET_KEY": "",
    }
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=BASE_DIR,
            env=inherited() | configured,
            stdout=output,
            stderr=output,
        )
        try:
            eventually(lambda: "are not available yet" in log.read_text(), "up says what is missing")
            assert not is_free(bridge)
            assert not is_free(api)
            assert "admin-demo" not in log.read_text()  # no development accounts beside a real tenant
        finally:
            process.terminate()
            process.wait(PATIENCE)
