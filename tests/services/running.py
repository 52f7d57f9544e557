"""The three services as real processes, and what a test needs to talk to them."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg.rows import dict_row

from config.environment import BASE_DIR
from operations.stack import SERVICES, Stack, free_ports, local_environment
from tests.issuer import Issuer

SCOPES = "tool:whoami tool:greet tool:notes"


class Running:
    """A stack on free ports, with its own database and state: new ones, or copies of those in `prepared_state`."""

    def __init__(self, state_dir: Path, prepared_state: Path | None = None, **environment: str) -> None:
        if prepared_state:
            shutil.copytree(prepared_state, state_dir, dirs_exist_ok=True)
        self.state_dir = state_dir
        self.ports = dict(zip(SERVICES, free_ports(3), strict=True))
        self.environment = local_environment(self.ports, state_dir) | environment
        self.issuer, self.api, self.bridge = (f"http://localhost:{self.ports[name]}" for name in SERVICES)
        self.mcp = f"{self.bridge}/mcp"

    @contextmanager
    def up(self) -> Iterator["Running"]:
        self.manage("migrate", "--verbosity=0")
        self.manage("seed_tenant", "--verbosity=0")
        with Stack(self.ports, environment=self.environment, log_dir=self.state_dir) as self.stack:
            yield self

    def manage(self, *arguments: str, code: str | None = None) -> str:
        """Run a management command as an operator would, and return its output. `code` is input for `shell`."""
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments, *(["-c", code] if code else [])],
            cwd=BASE_DIR,
            env=environment | self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return result.stdout

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read the services' own database."""
        with closing(sqlite3.connect(self.state_dir / "db.sqlite3", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def audit(self, **having: object) -> list[dict[str, Any]]:
        where = " AND ".join(f"{column} = ?" for column in having) or "1 = 1"
        sql = f"SELECT * FROM obo_audit_delegatedaccess WHERE {where} ORDER BY id"
        return self.rows(sql, *having.values())

    def exchanges(self, subject: str) -> int:
        """Return how many tokens the tenant issued to the bridge for that user."""
        (row,) = self.rows(
            "SELECT count(*) AS number FROM oauth2_provider_accesstoken t"
            " JOIN oauth2_provider_application a ON a.id = t.application_id"
            " JOIN local_tenant_tenantuser u ON u.user_id = t.user_id"
            " WHERE a.client_id = 'local-mcp-bridge' AND u.subject = ?",
            subject,
        )
        return int(row["number"])

    def subject_token(self, subject: str, scope: str = SCOPES, **claims: Any) -> str:
        """Return token A, signed with the tenant's own key, as a login would give it to that user's client."""
        return self.signer()(subject, scope, **claims)

    def signer(self) -> Callable[..., str]:
        """Return a function that does the same for many tokens. It needs the tenant only once, to look up the key."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        tenant, key_id = Issuer(f"{self.issuer}/"), self.signing_key_id()
        key = load_pem_private_key((self.state_dir / "tenant_key.pem").read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)

        def sign(subject: str, scope: str = SCOPES, **claims: Any) -> str:
            content = {"sub": subject, "aud": self.mcp, "client_id": "local-manual-client", "scope": scope}
            permissions = SCOPES.split()
            return tenant.sign(tenant.claims(**(content | {"permissions": permissions} | claims)), key=key, kid=key_id)

        return sign

    def signing_key_id(self) -> str:
        keys = requests.get(f"{self.issuer}/.well-known/jwks.json", timeout=30).json()["keys"]
        return str(keys[0]["kid"])

    def make_users(self, subjects: Sequence[str], role: str = "Tool Administrator") -> None:
        code = (
            "import json\n"
            "from local_tenant.models import Role, TenantUser\n"
            f"for subject in json.loads({json.dumps(json.dumps(list(subjects)))}):\n"
            "    user = TenantUser(subject=subject, email=subject.replace('|', '.') + '@example.com')\n"
            "    user.save()\n"
            f"    user.roles.add(Role.objects.get(name={role!r}))\n"
        )
        self.manage("shell", "-v0", code=code)

    def call(
        self,
        tool: str,
        token: str,
        session: requests.Session | None = None,
        *,
        endpoint: str | None = None,
        **arguments: Any,
    ) -> requests.Response:
        """A tool call as a client of the 2025 revisions makes it."""
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        }
        return (session or requests).post(
            endpoint or self.mcp,
            json=message,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2025-11-25",
            },
            timeout=30,
        )

    def answer(self, tool: str, token: str, **arguments: Any) -> dict[str, Any]:
        """Return the tool's structured answer. Fail if there is none."""
        response = self.call(tool, token, **arguments)
        assert response.status_code == 200, response.text
        result = response.json()["result"]
        assert not result.get("isError"), response.text
        answer: dict[str, Any] = result["structuredContent"]
        return answer


class RunningOnPostgres(Running):
    """On the database that DATABASE_URL names."""

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.environment["DATABASE_URL"], row_factory=dict_row) as connection:
            return connection.execute(sql.replace("?", "%s").encode(), values).fetchall()
