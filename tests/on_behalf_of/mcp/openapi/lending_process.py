"""The lending library from outside: its description, and its API as a real process. Each runs with settings of its own.

with lending_tenant() as tenant, served_library(tmp_path, tenant) as url:
    httpx2.get(f"{url}/api/v2/loans/", headers=bearer(tenant, "loans:read"))
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.loopback_server import serving
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.served_bridge import until

SETTINGS = f"{__package__}.lending_library.settings"
AUDIENCE = "https://library.example/api"
ALICE, BOB = "auth0|alice", "auth0|bob"  # a librarian of the branch `north`, a reader of the branch `south`
SCOPES = frozenset({"catalogue:read", "catalogue:write", "loans:read", "loans:write"})
DJANGO = (sys.executable, "-m", "django")


def description(oas: str = "3.1.0", **settings: object) -> dict[str, Any]:
    """Return the API's OpenAPI document, each time anew, so that a test may change it.

    `oas` is "3.1.0" or "3.0.3". `settings` are further ones of drf-spectacular, such as COMPONENT_SPLIT_REQUEST.
    drf-spectacular checks the document, and must not warn.
    """
    document: dict[str, Any] = json.loads(_described(oas, json.dumps(settings, sort_keys=True)))
    return document


@functools.cache
def _described(oas: str, settings: str) -> str:
    options = ("--format", "openapi-json", "--validate", "--fail-on-warn")
    with tempfile.TemporaryDirectory() as folder:
        return manage(Path(folder), "spectacular", *options, LENDING_OAS=oas, LENDING_SPECTACULAR=settings).stdout


def manage(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a management command of the library with its data in `folder`. Fail if the command fails or warns."""
    environment = _environment(folder) | {"PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [*DJANGO, *arguments], env=environment | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@contextmanager
def lending_tenant() -> Iterator[FakeTenant]:
    """Serve a tenant that exchanges tokens for the library's scopes."""
    tenant = FakeTenant()
    tenant.grantable = set(SCOPES)
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        yield tenant


@contextmanager
def served_library(folder: Path, tenant: FakeTenant) -> Iterator[str]:
    """Serve the API with its data in `folder`, which is empty at first. Yield its URL once it answers."""
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "seed")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    environment = _environment(folder) | {"OAUTH_ISSUER": tenant.url, "API_BASE_URL": url}
    process = subprocess.Popen([*DJANGO, "serve", "--port", str(port)], env=environment)

    def answers() -> bool:
        assert process.poll() is None, "the library's API ended"
        try:
            return httpx2.get(f"{url}/api/v2/opening-hours/", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    try:
        until(answers, "the library's API does not answer")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def bearer(tenant: FakeTenant, scope: str, subject: str = ALICE) -> dict[str, str]:
    """Return the header of a call to the API on behalf of a user, with a token that the tenant would hand out."""
    return {"Authorization": f"Bearer {tenant.delegated_token(aud=AUDIENCE, sub=subject, scope=scope)}"}


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(BASE_DIR),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "LENDING_DATA": str(folder),
    }
