"""Groups of tests that need something beyond Python, and how to tell whether this machine has it."""

import functools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from config.environment import BASE_DIR
from operations.node import NODE_MODULES, nodes

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "")
DOCS_ENVIRONMENT = BASE_DIR / ".venv-docs"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"


@dataclass(frozen=True)
class Group:
    """Tests that carry a marker of the same name."""

    is_missing: Callable[[], bool]
    how_to_enable: str


def chromium() -> str | None:
    """The browser that the tests drive."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@functools.cache
def node() -> Path | None:
    """A Node that is new enough."""
    return next((found.program for found in nodes() if found.is_new_enough), None)


def _no_node() -> bool:
    packages = ("@modelcontextprotocol", "oidc-provider")
    return node() is None or not all((NODE_MODULES / package).exists() for package in packages)


@functools.cache
def _no_mount() -> bool:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not unmount:
        return True
    with tempfile.TemporaryDirectory(prefix="tests-mount-") as place:
        if subprocess.run([mount, "-t", "tmpfs", "tmpfs", place], check=False, capture_output=True).returncode:
            return True
        subprocess.run([unmount, place], check=True)
    return False


@functools.cache
def _no_containment() -> bool:
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or not unshare:
        return True
    with tempfile.TemporaryDirectory(prefix="tests-mount-") as place:
        command = [unshare, "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", place]
        return subprocess.run(command, check=False, capture_output=True).returncode != 0


@functools.cache
def _no_postgres() -> bool:
    if not POSTGRES_URL:
        return True
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return True
    return False


@functools.cache
def _no_redis() -> bool:
    if not REDIS_URL:
        return True
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except redis.RedisError:
        return True
    return False


def redis_program() -> str | None:
    """The server, by either name."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest where there are several."""
    on_path = shutil.which("pg_ctl")
    if on_path and shutil.which("initdb"):
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    return found[-1].parent if found else None


def _no_postgres_server() -> bool:
    if postgres_programs() is None:
        return True
    if os.geteuid() != 0:
        return False
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return True
    return shutil.which("setpriv") is None


@functools.cache
def _no_clients() -> bool:
    from tests.clients.install import is_installed  # they need this module themselves
    from tests.clients.registry import clients

    return node() is None or not all(is_installed(client.folder) for client in clients() if client.is_for_ci)


GROUPS = {
    "postgres_server": Group(
        _no_postgres_server,
        "Install PostgreSQL's server (Debian: apt-get install postgresql), whose programs these tests start and kill.",
    ),
    "postgres": Group(
        _no_postgres,
        "Set TEST_POSTGRES_URL to a server where databases may be made, such as postgres://postgres@127.0.0.1/postgres.",
    ),
    "redis_server": Group(
        lambda: redis_program() is None,
        "Install Redis' or Valkey's server (Debian: apt-get install redis-server), which these tests start and kill.",
    ),
    "redis": Group(
        _no_redis,
        "Set TEST_REDIS_URL to a Redis or Valkey, such as redis://127.0.0.1:6379/0; only keys of a prefix are written.",
    ),
    "tmpfs": Group(_no_mount, "Run as root where file systems may be mounted: the tests fill a small one."),
    "containment": Group(
        _no_containment,
        "Run as root on Linux where `unshare --mount` works: what compose.yaml starts runs on read-only file systems, "
        "as an unprivileged user.",
    ),
    "node": Group(
        _no_node,
        "Run `npm ci --ignore-scripts`, which brings other MCP clients, another OAuth server, the conformance suite "
        "and, on Linux, Node 22; elsewhere install Node 22.19 or newer first.",
    ),
    "clients": Group(
        _no_clients,
        "Run `make clients`, which installs MCP clients that people use, each in an environment of its own. They need "
        "Node as above.",
    ),
    "axe": Group(
        lambda: chromium() is None or not AXE.exists(),
        "Install Chromium as above, and the accessibility checker axe-core with `npm ci --ignore-scripts`.",
    ),
    "docs": Group(
        lambda: not (DOCS_ENVIRONMENT / "installed").exists(),
        "Run `make docs`, which installs the site generator in an environment of its own.",
    ),
    "browser": Group(
        lambda: chromium() is None, "Install Chromium (Debian: apt-get install chromium), or name it with CHROMIUM."
    ),
}
