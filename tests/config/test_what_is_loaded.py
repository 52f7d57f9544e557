"""What the processes of a service load, as modules: it decides how fast they start, and how much memory they take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.config.test_environment import QUICKSTART

SERVER = """
from config.service_start import serve_small  # as manage.py does
from config.environment import read_environment
from config.service_command import service_server
read_environment()
service_server({service!r}, {{}}, port=1)
"""
API = """
import config.api.rsgi
"""
BRIDGE = """
import config.bridge.asgi
"""
JUDGED = """
import json
from on_behalf_of.mcp.endpoint import fast_path
from on_behalf_of.mcp.endpoint.jsonrpc_request import parse_request
info = {"name": "client", "title": "A client", "version": "1"}
capabilities = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {"form": {}}}
meta = {f"io.modelcontextprotocol/{name}": value for name, value in
        [("protocolVersion", "2026-07-28"), ("clientInfo", info), ("clientCapabilities", capabilities)]}
def is_valid(revision, meta):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet", "_meta": meta}}
    return fast_path._has_valid_meta(parse_request(json.dumps(message).encode()), revision)
assert is_valid("2026-07-28", meta | {"traceparent": "x"})
assert not is_valid("2026-07-28", meta | {"unusual": 1}), "the SDK, which is not loaded, must judge this"
assert not is_valid("2025-11-25", {"unusual": 1})
"""
FIRST_CALL = """
import io, sys
from on_behalf_of.serving.rsgi import wsgi_application
def call(path, **headers):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "x",
               "SERVER_PORT": "80", "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
               "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "CONTENT_LENGTH": "0",
               "CONTENT_TYPE": "", "HTTP_ACCEPT": "application/json", **headers}
    answer = wsgi_application(environ, lambda status, headers: statuses.append(status[:3]))
    b"".join(answer)
    answer.close()
statuses = []
before = set(sys.modules)
call("/api/public")
call("/api/private-scope")
call("/api/private-scope", HTTP_AUTHORIZATION="Bearer a.b.c")
call("/api/notes")
assert statuses == ["200", "401", "401", "401"], statuses
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("encodings.")))
"""


def loaded(program: str, state: Path, *, end: str = "print(*sys.modules)", **environment: str) -> set[str]:
    """Return the modules that a program loads, or what `end` prints."""
    known = {name: value for name, value in os.environ.items() if name not in {*QUICKSTART, "DJANGO_SETTINGS_MODULE"}}
    known |= {"ENV_FILE": os.devnull, "STATE_DIR": str(state), "DEBUG": "true", "JWKS_MAX_AGE": "600"} | environment
    # os._exit, because threads that fetch keys may not have ended.
    code = f"{program}\nimport os, sys\n{end}\nsys.stdout.flush()\nos._exit(0)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("service", ["api", "bridge"])
def test_the_server_process_loads_neither_django_nor_what_its_workers_need(tmp_path: Path, service: str) -> None:
    found = loaded(SERVER.format(service=service), tmp_path)
    assert not packages(found) & {
        "rest_framework",
        "cryptography",
        "jwt",
        "requests",
        "urllib3",
        "mcp",
        "pydantic",
        "click",
    }
    ours = {name for name in found if name.startswith(("django.", "config."))}
    assert ours <= {
        *("django.core", "django.core.exceptions", "django.utils", "django.utils.functional"),
        *("django.utils.hashable", "django.utils.regex_helper", "django.utils.version"),
        *("config.env_file", "config.environment", "config.generated_secrets"),
        *("config.service_command", "config.service_start"),
    }


def test_an_api_without_postgresql_loads_no_driver_for_it(tmp_path: Path) -> None:
    """DRF would load it for field types that only PostgreSQL has."""
    found = loaded(API, tmp_path)
    assert not packages(found) & {"psycopg", "psycopg_binary", "yaml", "uritemplate", "inflection", "oauth2_provider"}
    assert "requests" not in packages(found)  # DRF would load it for its test client
    assert "django.contrib.postgres" not in found
    assert "rest_framework.compat" in found  # else it would be loaded by the first call, with all of that


def test_what_drf_did_not_load_can_still_be_imported(tmp_path: Path) -> None:
    found = loaded(API, tmp_path, end="import django.contrib.postgres.fields, yaml; print(*sys.modules)")
    assert {"psycopg", "yaml"} <= found


def test_the_bridge_loads_the_sdk_only_when_a_request_needs_it(tmp_path: Path) -> None:
    """test_sdk.py shows how, and test_fast_path.py which do not."""
    for end in ("", JUDGED):
        found = packages(loaded(BRIDGE + end, tmp_path))
        assert not found & {"mcp", "mcp_types", "pydantic", "starlette", "opentelemetry", "requests"}


def test_an_api_with_postgresql_gets_drf_with_its_field_types(tmp_path: Path) -> None:
    end = "from rest_framework.compat import postgres_fields as fields; print(fields and fields.__name__)"
    url = "postgres://127.0.0.1:9/none"
    assert loaded(API, tmp_path, end=end, DATABASE_URL=url) == {"django.contrib.postgres.fields"}
    assert loaded(API, tmp_path, end=end) == {"None"}


def test_an_api_loads_nothing_during_its_first_calls(tmp_path: Path) -> None:
    assert loaded(API, tmp_path, end=FIRST_CALL) == set()


def test_the_description_of_the_api_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    assert not loaded(API, tmp_path) & {"drf_spectacular.openapi", "drf_spectacular.generators"}


def test_the_bridge_loads_neither_drf_nor_the_admin(tmp_path: Path) -> None:
    found = loaded(BRIDGE, tmp_path)
    assert not packages(found) & {"rest_framework", "drf_spectacular", "oauth2_provider", "psycopg"}
    assert not found & {"django.contrib.admin", "django.contrib.auth.models", "django.contrib.sessions.models"}
