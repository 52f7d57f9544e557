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
def this_project(name: str, issuer: Issuer, state: Path, trust: Path, postgres_url: str = "") -> Iterator[Target]:
    """Yield the reference services as released, on SQLite or, with the URL of a server, on PostgreSQL."""
    state.mkdir()
    if postgres_url:
        with databases.bare_postgres(postgres_url) as url:
            yield _this_project(name, issuer, state, trust, url, lambda: _count_on_postgresql(url))
    else:
        file = state / "db.sqlite3"
        yield _this_project(name, issuer, state, trust, f"sqlite:///{file}", lambda: _count_on_sqlite(file))


def _this_project(
    name: str, issuer: Issuer, state: Path, trust: Path, database: str, count: Callable[[], int]
) -> Target:
    ports = dict(zip(("api", "mcp"), free_ports(2), strict=True))
    environment = local_environment({"api": ports["api"], "bridge": ports["mcp"], "tenant": 0}, state) | {
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
    environment = _kept() | environment
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=BASE_DIR, env=environment, check=True)
    serve = {service: [*manage, "serve", name] for service, name in (("api", "api"), ("mcp", "bridge"))}
    commands = {service: [*command, "--port", str(ports[service])] for service, command in serve.items()}
    return Target(name, ports, commands, environment, BASE_DIR, state, count)


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
