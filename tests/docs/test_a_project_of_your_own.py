"""docs/use-resource-server.md: run the project that its blocks make, and call it with signed tokens."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import blocks
from tests.issuer import BRIDGE_CLIENT, Issuer, serving_issuer

AUDIENCE = "https://shop.example/"
CALLS = """
import json, sys
import django
django.setup()
from django.test import Client
for path, token in json.load(sys.stdin):
    headers = {"host": "shop.example"} | ({"authorization": f"Bearer {token}"} if token else {})
    answer = Client().get(path, headers=headers)
    print(json.dumps([answer.status_code, answer.json(), answer.headers.get("WWW-Authenticate")]))
"""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


def test_the_documented_project_accepts_and_refuses_as_this_api_does(tmp_path: Path, issuer: Issuer) -> None:
    for block in blocks("docs/use-resource-server.md", "python"):
        block.write_below(tmp_path)
    good: dict[str, Any] = {"aud": AUDIENCE, "scope": "orders:read"}
    calls = [
        ("/orders", issuer.delegated_token(**good)),
        ("/orders", issuer.token(**good)),
        ("/orders", None),
        ("/orders", issuer.token()),
        ("/orders", issuer.token(**good, exp=1)),
        ("/orders", issuer.token(**good | {"scope": "x"})),
        ("/.well-known/oauth-protected-resource", None),
    ]
    environment = {"ISSUER": issuer.url, "AUDIENCE": AUDIENCE, "SECRET_KEY": "x" * 50}
    django = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": f"{tmp_path}{os.pathsep}{BASE_DIR}"}
    answered = subprocess.run(
        [sys.executable, "-c", CALLS],
        cwd=tmp_path,
        env=os.environ | environment | django,
        input=json.dumps(calls),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answered.returncode == 0, answered.stderr
    delegated, direct, stranger, foreign, late, narrow, metadata = map(json.loads, answered.stdout.splitlines())
    assert delegated[:2] == [200, {"of": "auth0|alice", "through": BRIDGE_CLIENT}]
    assert direct[:2] == [200, {"of": "auth0|alice", "through": None}]
    where = 'resource_metadata="https://shop.example/.well-known/oauth-protected-resource"'
    assert (stranger[0], stranger[2]) == (401, f'Bearer scope="orders:read", {where}')
    assert (foreign[0], foreign[1]["reason"]) == (401, "wrong_audience")
    assert (late[0], late[1]["reason"]) == (401, "token_expired")
    assert (narrow[0], narrow[1]["reason"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in narrow[2]
    assert metadata[1]["authorization_servers"] == [issuer.url]
