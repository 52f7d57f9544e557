"""What `peers` compares: two services each, an API and an MCP server whose tool calls it, started as documented.

All get the same tenant, the same tokens and one process per service. Variables of this process do not reach them.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import psycopg

from config.environment import BASE_DIR
from operations.stack import free_ports, local_environment
from tests.bench.processes import end
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases

QUICKSTART = Path(__file__).resolve().parent / "quickstart"
API_AUDIENCE, MCP_AUDIENCE = "http://localhost:8787/", "http://localhost:3001/"
CLIENT_ID = "bench-bridge"
CACHE_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"  # 0123…, in base64url
COUNT = "SELECT count(*) FROM obo_audit_delegatedaccess"
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of this process's variables


@dataclass
class Target:
    name: str
    ports: dict[str, int]  # "api" and "mcp"
    commands: dict[str, list[str]]
    environment: dict[str, str]
    folder: Path  # where the processes start
    state: Path
    count_rows: Callable[[], int] | None = None  # of the audit log, if there is one
    postgres_url: str = ""
    redis_url: str = ""
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def start(self, service: str) -> None:
        with (self.state / f"{service}.log").open("ab") as output:
            self.processes[service] = subprocess.Popen(
                self.commands[service], cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )

    def stop(self) -> None:
        for started in self.processes.values():
            end(started)
        self.processes.clear()


def trust_stores(folder: Path, ca_file: Path) -> Path:
    """Return a file with the usual CA certificates and that one: its size matters to clients made for each call."""
    file = folder / "bundle.pem"
    file.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes())
    return file


def quickstart(name: str, issuer: Issuer, state: Path, trust: Path) -> Target:
    """Return the pattern of Auth0's quickstart, which trusts the CAs of that file."""
    state.mkdir()
    ports = dict(zip(("api", "mcp"), free_ports(2), strict=True))
    uvicorn = [str(QUICKSTART / ".venv/bin/uvicorn"), "--no-access-log", "--log-level", "warning"]
    return Target(
        name,
        ports,
        {
            "api": [*uvicorn, "--port", str(ports["api"]), "api:app"],
            "mcp": [*uvicorn, "--port", str(ports["mcp"]), "mcp_server:app"],
        },
        _kept()
        | {
            "AUTH0_DOMAIN": issuer.url.removeprefix("https://").rstrip("/"),
            "AUTH0_AUDIENCE": MCP_AUDIENCE,
            "API_AUTH0_AUDIENCE": API_AUDIENCE,
            "API_BASE_URL": f"http://127.0.0.1:{ports['api']}",
            "MCP_AUTH0_CLIENT_ID": CLIENT_ID,
            "MCP_AUTH0_CLIENT_SECRET": f"{CLIENT_ID}-secret",
            "SSL_CERT_FILE": str(trust),
        },
        QUICKSTART,
        state,
    )


@contextmanager
def this_project(
    name: str, issuer: Issuer, state: Path, trust: Path, *, postgres: str = "", redis: str = "", workers: int = 1
) -> Iterator[Target]:
    """Yield the reference services as released, with a migrated database.

    It is on the PostgreSQL server of that URL, otherwise in a file of SQLite. `redis` is the shared cache's URL.
    """
    state.mkdir()
    if postgres:
        with databases.bare_postgres(postgres) as url:
            target = _this_project(name, issuer, state, trust, url, redis, workers)
            target.postgres_url, target.count_rows = url, lambda: _count_on_postgresql(url)
            yield target
    else:
        file = state / "db.sqlite3"
        target = _this_project(name, issuer, state, trust, f"sqlite:///{file}", redis, workers)
        target.count_rows = lambda: _count_on_sqlite(file)
        yield target


def _this_project(
    name: str, issuer: Issuer, state: Path, trust: Path, database: str, redis: str, workers: int
) -> Target:
    ports = dict(zip(("api", "mcp"), free_ports(2), strict=True))
    environment = _kept() | local_environment({"api": ports["api"], "bridge": ports["mcp"], "tenant": 0}, state)
    environment |= {
        "DEBUG": "false",
        "SECRET_KEY": "for-a-measurement-on-this-machine-and-nothing-else",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": database,
        "OAUTH_ISSUER": issuer.url,
        "AUTH0_AUDIENCE": MCP_AUDIENCE,
        "API_AUTH0_AUDIENCE": API_AUDIENCE,
        "API_BASE_URL": f"http://127.0.0.1:{ports['api']}",
        "MCP_AUTH0_CLIENT_ID": CLIENT_ID,
        "MCP_AUTH0_CLIENT_SECRET": f"{CLIENT_ID}-secret",
        "UPSTREAM_CA_FILE": str(trust),
    }
    if redis:
        environment |= {
            "CACHE_URL": redis,
            "CACHE_ENCRYPTION_KEYS": CACHE_KEY,
            "CACHE_KEY_PREFIX": f"bench-{ports['mcp']}",
        }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=BASE_DIR, env=environment, check=True)
    commands = {
        service: [*manage, "serve", served, "--port", str(ports[service]), "--workers", str(workers)]
        for service, served in (("api", "api"), ("mcp", "bridge"))
    }
    return Target(name, ports, commands, environment, BASE_DIR, state, redis_url=redis)


def _kept() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in KEPT}


def _count_on_sqlite(file: Path) -> int:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return int(connection.execute(COUNT).fetchone()[0])
    finally:
        connection.close()


def _count_on_postgresql(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute(COUNT).fetchone()
    return int(found[0]) if found else 0
