"""The TypeScript SDK's client, with its own OAuth code, in both protocol eras: from a first 401 to the answer."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mcp_bridge.tools.registry import TOOLS
from operations.demo.person import Person
from tests.groups import node
from tests.services.running import Running

pytestmark = pytest.mark.node

CLIENT = Path(__file__).with_name("typescript_client.mjs")
CALLBACK = "http://localhost:33418/callback"


def run_client(url: str, era: str, person: Person) -> dict[str, Any]:
    """Run the client to its end, with `person` using the browser that it opens. Return what it saw."""
    program = node()
    assert program
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    with subprocess.Popen(
        [program, CLIENT, url, era], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        for line in process.stdout:  # the client's own time limits end this too
            message = json.loads(line)
            if "result" in message:
                result: dict[str, Any] = message["result"]
                return result
            process.stdin.write(person.authorize(message["authorize"], redirect_uri=CALLBACK) + "\n")
            process.stdin.flush()
    raise AssertionError("the client ended without a result")


@pytest.mark.parametrize(("era", "protocol"), [("modern", "2026-07-28"), ("legacy", "2025-11-25")])
def test_the_client_gets_from_discovery_to_the_answer_and_steps_up(services: Running, era: str, protocol: str) -> None:
    before = len(services.audit())
    seen = run_client(services.mcp, era, Person("admin@example.com", "admin-demo"))
    assert seen["protocol"] == protocol
    assert seen["tools"] == [tool.name for tool in TOOLS]
    assert seen["greeting"]["actor_chain"] == ["local-mcp-bridge", seen["client_id"]]
    assert seen["note"]["title"] == "From TypeScript"
    first, second = (scope.split() for scope in seen["logins"])
    assert set(second) == {*first, "tool:notes"}  # asked for once it is needed, and nothing is lost
    assert [row["path"] for row in services.audit()[before:]] == ["/api/private-scope", "/api/notes/"]
