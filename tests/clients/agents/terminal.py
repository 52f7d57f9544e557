"""A pseudo-terminal for clients that log in only on a terminal."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.clients.room import TIMEOUT

ROWS, COLUMNS = 50, 200
# Colours, cursor movements and titles (ECMA-48 §5.4; OSC ends with BEL or ST).
ESCAPE = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|[\[?][0-?]*[ -/]*[@-~]|[@-_=>])")


class Terminal:
    """Runs a command until it ends, or until the block does, and reads along."""

    def __init__(self, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._screen = ""  # all that it wrote, escape sequences included
        self._read_to = 0
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [str(each) for each in command],
            cwd=folder,
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)

    @property
    def said(self) -> str:
        """Return the whole output without escape sequences."""
        return ESCAPE.sub("", self._screen)

    def wait_for(self, pattern: str, *, timeout: float = TIMEOUT) -> None:
        """Read until `pattern` matches what was written after the last match.

        Raise AssertionError where the client ends before that, or lets `timeout` pass.
        """
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.said[self._read_to :])):
            assert time.monotonic() < deadline, f"{pattern!r} did not appear: {self.said[self._read_to :][-2_000:]}"
            assert self._read(deadline), f"it ended before {pattern!r}: {self.said[self._read_to :][-2_000:]}"
        self._read_to += found.end()

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for_end(self, *, timeout: float = TIMEOUT) -> int:
        """Return the exit code."""
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            assert time.monotonic() < deadline, f"it did not end: {self.said[-2_000:]}"
        return self._process.wait(timeout)

    def _read(self, deadline: float) -> bool:
        """Wait for more to be written; False once the client has closed the terminal."""
        if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return True
        try:
            new = os.read(self._master, 65_536)
        except OSError:  # EIO: on Linux, no process has the terminal open any more
            return False
        self._screen += new.decode(errors="replace")
        return bool(new)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 15)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
        os.close(self._master)
