"""mcpc: MCP on the command line, with logins that it keeps as profiles."""

import json
from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules/@apify/mcpc/bin/mcpc"
TRIES = 5


def drive(room: Room, seen: Seen) -> None:
    assert room.node
    node = room.node

    def mcpc(*arguments: str) -> str:
        ended = room.run(node, PROGRAM, "--json", *arguments)
        assert ended.returncode == 0, ended.stderr[-1_500:]
        return ended.stdout

    mcpc("login", room.url)
    connect(room)
    try:
        seen.tools = [tool["name"] for tool in json.loads(mcpc("@bridge", "tools-list"))]
        seen.greeting = mcpc("@bridge", "tools-call", "greet")
        seen.note = mcpc("@bridge", "tools-call", "add_note", "title:=From mcpc")
    finally:
        mcpc("close", "@bridge")
    assert json.loads(mcpc("logout", room.url))["deleted"]
    assert json.loads(mcpc())["profiles"] == []
    seen.forgot = "`mcpc logout`"


def connect(room: Room) -> None:
    """Open a session. mcpc gives its own helper five seconds to start, too few on a busy machine, so try again."""
    assert room.node
    for _ in range(TRIES):
        ended = room.run(room.node, PROGRAM, "connect", room.url, "@bridge")
        if "socket file not created within timeout" not in ended.stderr:
            break
    assert ended.returncode == 0, ended.stderr[-1_500:]


CLIENTS = [Client("mcpc", FOLDER, lambda: version_of(FOLDER, "@apify/mcpc"), drive, is_for_ci=False)]
