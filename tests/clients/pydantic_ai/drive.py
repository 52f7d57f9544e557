"""pydantic-ai's MCP client, without a model."""

from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.library import drive_program
from tests.clients.pypi import PROGRAMS, python, version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent


def drive(room: Room, seen: Seen) -> None:
    room.with_variables({"PYTHONPATH": str(PROGRAMS)})
    drive_program(room, seen, python(FOLDER), FOLDER / "client.py")


CLIENTS = [Client("pydantic-ai", FOLDER, lambda: version_of(FOLDER, "pydantic-ai-slim"), drive, is_for_ci=False)]
