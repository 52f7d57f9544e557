"""mcp-remote: a program to clients that only start programs, and an MCP client with login to the bridge."""

import shutil
from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room
from tests.clients.stdio import StdioHost

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules/mcp-remote/dist/proxy.js"


def drive(room: Room, seen: Seen) -> None:
    assert room.node
    with StdioHost(room.start(room.node, PROGRAM, room.url)) as host:
        host.initialize()
        seen.tools = host.tools()
        seen.greeting = host.call("greet")
        seen.note = host.call("add_note", title="From mcp-remote")
    logins = len(room.browser.visits)
    with StdioHost(room.start(room.node, PROGRAM, room.url)) as host:  # still logged in
        host.initialize()
    assert len(room.browser.visits) == logins
    shutil.rmtree(room.home / ".mcp-auth")
    with StdioHost(room.start(room.node, PROGRAM, room.url)) as host:
        host.initialize()
    assert len(room.browser.visits) == logins + 1
    seen.forgot = "deleting `~/.mcp-auth`"


CLIENTS = [Client("mcp-remote", FOLDER, lambda: version_of(FOLDER, "mcp-remote"), drive)]
