"""FastMCP 2: its client, which brings the callback and the browser along."""

from pathlib import Path

from tests.clients.client import Client, Seen
from tests.clients.library import drive_program
from tests.clients.pypi import PROGRAMS, python, version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent


def drive(room: Room, seen: Seen) -> None:
    drive_program(room, seen, python(FOLDER), PROGRAMS / "fastmcp_client.py")


CLIENTS = [Client("FastMCP 2", FOLDER, lambda: version_of(FOLDER, "fastmcp"), drive, is_for_ci=False)]
