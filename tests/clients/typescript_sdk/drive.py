"""Both versions of the TypeScript SDK: a program that uses its client and its OAuth code."""

from functools import partial
from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.library import drive_program
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PACKAGES = {"1": "@modelcontextprotocol/sdk", "2": "@modelcontextprotocol/client"}


def drive(line: str, room: Room, seen: Seen) -> None:
    assert room.node
    drive_program(room, seen, room.node, FOLDER / "client.mjs", line)


CLIENTS = [
    Client(f"TypeScript SDK {line}.x", FOLDER, partial(version_of, FOLDER, package), partial(drive, line))
    for line, package in PACKAGES.items()
]
