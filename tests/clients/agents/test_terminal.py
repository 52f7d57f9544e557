"""The pseudo-terminal, with a program that talks to a person."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.clients.agents.terminal import Terminal

ASKS = """
import os, sys
assert all(os.isatty(stream) for stream in (0, 1, 2))
print("\\x1b[1mYour \\x1b[32mname\\x1b[0m?\\x1b]0;title\\x07", flush=True)
print("Hello", input(), os.get_terminal_size().columns)
sys.exit(3)
"""


def terminal(program: str, folder: Path) -> Terminal:
    return Terminal((sys.executable, "-c", program), folder=folder, environment={"NAME": "value", "TERM": "xterm"})


def test_a_program_gets_typed_answers_and_its_output_is_read_without_escape_sequences(tmp_path: Path) -> None:
    with terminal(ASKS, tmp_path) as asking:
        asking.wait_for(r"Your name\?\r")
        asking.press("Ada\n")
        asking.wait_for("Hello Ada 200")
        assert asking.wait_for_end() == 3
    assert "\x1b" not in asking.said


def test_each_wait_starts_after_the_last_match(tmp_path: Path) -> None:
    with terminal("print('ready'); input()", tmp_path) as asking:
        asking.wait_for("ready")
        with pytest.raises(AssertionError, match="did not appear"):
            asking.wait_for("ready", timeout=0.2)


def test_a_program_that_ends_too_early_is_reported(tmp_path: Path) -> None:
    with terminal("print('I give up')", tmp_path) as asking, pytest.raises(AssertionError, match="I give up"):
        asking.wait_for("ready")


def test_a_program_that_waits_forever_is_ended_with_the_block(tmp_path: Path) -> None:
    with terminal("import os; print(os.getpid(), os.getcwd(), sorted(os.environ)); input()", tmp_path) as asking:
        asking.wait_for(f"[0-9]+ {re.escape(str(tmp_path))}.*'NAME'")
        found = re.search("[0-9]+", asking.said)
    assert found
    with pytest.raises(ProcessLookupError):
        os.kill(int(found[0]), 0)
