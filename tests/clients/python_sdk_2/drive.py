"""The Python SDK 2.x: a program that uses its client and its OAuth code."""

from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.library import drive_program
from tests.clients.pypi import PROGRAMS, python, version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent


def drive(room: Room, seen: Seen) -> None:
    room.with_variables({"PYTHONPATH": str(PROGRAMS)})
    drive_program(room, seen, python(FOLDER), FOLDER / "client.py")


CLIENTS = [Client("Python SDK 2.x", FOLDER, lambda: version_of(FOLDER, "mcp"), drive)]
