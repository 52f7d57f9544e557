"""Follow docs/tutorial.md exactly, in a copy of this project: real files, real processes, a real login."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import blocks

PAGE = "docs/tutorial.md"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "node_modules", "var", "__pycache__", "*.pyc")


@pytest.mark.processes
def test_following_the_tutorial_gives_the_documented_results(tmp_path: Path, prepared_state: Path) -> None:
    project, state = tmp_path / "project", tmp_path / "state"
    shutil.copytree(BASE_DIR, project, ignore=LEFT_OUT)
    shutil.copytree(prepared_state, state)
    for block in blocks(PAGE, "python"):
        block.write_below(project)
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    followed = subprocess.run(
        [sys.executable, "-m", "tests.docs.following_the_tutorial", str(state)],
        cwd=project,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert followed.returncode == 0, followed.stderr
    came: dict[str, Any] = json.loads(followed.stdout.splitlines()[-1])
    answer, row = (block.json for block in blocks(PAGE, "json"))
    assert came["challenge"] == blocks(PAGE, "console")[0].text.splitlines()[1]
    assert (came["before"], came["after"]) == (answer, {"count": 1})
    assert "tool:notes" in came["scope"]
    assert {"count_notes", "replace_note"} <= set(came["seen by the administrator"])
    assert "count_notes" not in came["seen by the other user"]
    assert {name: came["row"][name] for name in row} == row
