"""The local tenant under the official suite's scenarios for authorization servers."""

import subprocess
import threading
from pathlib import Path

import pytest
import requests

from operations.demo.person import Person
from operations.stack import free_ports
from tests.services.conformance import suite
from tests.services.running import Running

pytestmark = pytest.mark.node


def register(services: Running, redirect_uri: str) -> str:
    """A public client of its own (RFC 7591)."""
    metadata = {
        "client_name": "Conformance suite",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    discovery = requests.get(f"{services.issuer}/.well-known/oauth-authorization-server", timeout=30).json()
    answer = requests.post(discovery["registration_endpoint"], json=metadata, timeout=30)
    assert answer.status_code == 201, answer.text
    client_id: str = answer.json()["client_id"]
    return client_id


def test_metadata_and_the_authorization_code_grant_pass_without_a_warning(services: Running, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    redirect_uri = f"http://127.0.0.1:{port}/callback"
    options = {
        "--url": f"{services.issuer}/",
        "--client-id": register(services, redirect_uri),
        "--resource": services.mcp,
        "--port": str(port),
        "--output-dir": str(tmp_path),
    }
    arguments = [each for option in options.items() for each in option]
    with subprocess.Popen(
        suite.command("authorization", *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(suite.TIMEOUT, process.kill)
        watchdog.start()
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith(services.issuer):  # the page that a person is asked to open
                person = Person("admin@example.com", "admin-demo")
                requests.get(person.authorize(line.strip(), redirect_uri=redirect_uri), timeout=30)
        watchdog.cancel()
    assert process.returncode == 0, "".join(said)
    checks = suite.checks_in(tmp_path)
    assert checks.keys() == {"authorization-server-metadata-endpoint", "authorization-code-grant"}
    assert {check["status"] for several in checks.values() for check in several} == {"SUCCESS"}, "".join(said)
