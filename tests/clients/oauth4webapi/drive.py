"""A strict client: with oauth4webapi it refuses metadata whose `resource` is not the address that it called."""

from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.library import drive_program
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent


def drive(room: Room, seen: Seen) -> None:
    assert room.node
    command = (room.node, FOLDER / "client.mjs")
    drive_program(room, seen, *command)
    client_id = room.browser.visits[-1].query["client_id"]
    assert room.live_tokens(client_id) > 0
    ended = room.run(*command, room.url, room.home / "kept", "--log-out")
    assert ended.returncode == 0, ended.stderr[-1_500:]
    assert room.live_tokens(client_id) == 0
    seen.forgot = "revoking its tokens"


CLIENTS = [Client("oauth4webapi", FOLDER, lambda: version_of(FOLDER, "oauth4webapi"), drive)]
