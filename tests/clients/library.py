"""Programs on a library: they do everything in one run and print one JSON object; what they keep is one file."""

import json
import shutil
from pathlib import Path

from tests.clients.client import Seen
from tests.clients.room import Room


def drive_program(room: Room, seen: Seen, *command: str | Path) -> None:
    """Run it three times: with nothing, with what it kept, and with that forgotten.

    It gets two more arguments: the bridge's address, and the file or folder in which it keeps registration and tokens.
    """
    kept = room.home / "kept"

    def run() -> None:
        ended = room.run(*command, room.url, kept)
        assert ended.returncode == 0, ended.stderr[-1_500:]
        shown = json.loads(ended.stdout.splitlines()[-1])
        seen.tools, seen.greeting, seen.note = shown["tools"], json.dumps(shown["greeting"]), json.dumps(shown["note"])

    run()
    logins = len(room.browser.visits)
    run()
    assert len(room.browser.visits) == logins  # registration and tokens were kept
    shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    run()
    assert len(room.browser.visits) > logins
    seen.forgot = "deleting what it keeps"
