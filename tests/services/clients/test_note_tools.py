"""Every operation on notes as a tool, through three clients that were not written here, as two users.

The tools are made from the API's description, so each does what its user may do at the API.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastmcp import Client
from fastmcp.client.auth import BearerAuth

from tests.groups import node
from tests.services.clients.running_inspector import command_line
from tests.services.running import Running

Call = tuple[str, dict[str, Any]]
Calls = Callable[[Running, str, Sequence[Call], Path], list[Any]]  # "$id" is the id that the last answer had
SCRIPT = Path(__file__).with_name("note_operations.mjs")
ADA, BEA = "auth0|ada of notes", "auth0|bea of notes"


def by_typescript(services: Running, token: str, calls: Sequence[Call], _folder: Path) -> list[Any]:
    program = node()
    assert program
    command: list[str] = [str(program), str(SCRIPT), services.mcp, token, json.dumps(calls)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results: list[Any] = json.loads(done.stdout)
    return results


def by_fastmcp(services: Running, token: str, calls: Sequence[Call], _folder: Path) -> list[Any]:
    async def run() -> list[Any]:
        results: list[Any] = []
        latest = ""
        async with Client(services.mcp, auth=BearerAuth(token)) as client:
            for name, arguments in calls:
                result = await client.call_tool(name, _filled(arguments, latest), raise_on_error=False)
                answer = result.structured_content
                latest = (answer or {}).get("id", latest)
                results.append(result.content[0].text if result.is_error else answer)
        return results

    return anyio.run(run)


def by_inspector(services: Running, token: str, calls: Sequence[Call], folder: Path) -> list[Any]:
    """Inspector's command line, once for each call."""
    results: list[Any] = []
    latest = ""
    for name, arguments in calls:
        given = [f"--tool-arg={key}={json.dumps(value)}" for key, value in _filled(arguments, latest).items()]
        run = command_line(services, folder, "--method", "tools/call", "--tool-name", name, *given, token=token)
        result = json.loads(run.stdout)
        result = result.get("result", result)
        answer = result.get("structuredContent")
        latest = (answer or {}).get("id", latest)
        results.append(result["content"][0]["text"] if result.get("isError") else answer)
    return results


def _filled(arguments: dict[str, Any], latest: str) -> dict[str, Any]:
    return {name: latest if value == "$id" else value for name, value in arguments.items()}


CLIENTS = {"TypeScript SDK": by_typescript, "FastMCP": by_fastmcp, "Inspector": by_inspector}


@pytest.fixture(scope="module")
def users(services: Running) -> None:
    services.make_users([ADA, BEA])


@pytest.mark.node
@pytest.mark.parametrize("client", CLIENTS)
def test_two_users_keep_notes_and_neither_sees_the_others(
    services: Running, users: None, client: str, tmp_path: Path
) -> None:
    call: Calls = CLIENTS[client]
    ada, bea = services.subject_token(ADA), services.subject_token(BEA)
    before = len(services.audit())
    title = f"By {client}"
    added, got, changed, listed = call(
        services,
        ada,
        [
            ("add_note", {"title": title, "body": "first"}),
            ("get_note", {"id": "$id"}),
            ("update_note", {"id": "$id", "body": "second"}),
            ("list_notes", {"page_size": 1, "fields": ["title", "body"]}),
        ],
        tmp_path,
    )
    assert got == added
    assert (changed["title"], changed["body"]) == (title, "second")
    assert listed["items"] == [{"title": title, "body": "second"}]
    note = added["id"]
    others = call(
        services,
        bea,
        [
            ("get_note", {"id": note}),
            ("update_note", {"id": note, "title": "Mine now"}),
            ("delete_note", {"id": note}),
            ("list_notes", {}),
        ],
        tmp_path,
    )
    assert all("did not find what was asked for" in each for each in others[:3])
    assert others[3] == {"items": [], "count": 0}
    deleted, gone = call(services, ada, [("delete_note", {"id": note}), ("get_note", {"id": note})], tmp_path)
    assert deleted == {"done": True}
    assert "did not find" in gone
    rows = services.audit()[before:]
    assert [(row["subject"], row["method"], row["status"]) for row in rows] == [
        (ADA, "POST", 201),
        (ADA, "GET", 200),
        (ADA, "PATCH", 200),
        (ADA, "GET", 200),
        (BEA, "GET", 404),
        (BEA, "PATCH", 404),
        (BEA, "DELETE", 404),
        (BEA, "GET", 200),
        (ADA, "DELETE", 204),
        (ADA, "GET", 404),
    ]
    assert {row["actor"] for row in rows} == {"local-mcp-bridge"}
