"""Write files whole or not at all, whatever happens meanwhile."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Write the file, in place of one that is there. Raises OSError."""
    with _draft(path, content, mode) as draft:
        draft.replace(path)


def create_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Write the file unless one is there: the first of several processes wins, and its file stays. Raises OSError."""
    with _draft(path, content, mode) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)


@contextmanager
def _draft(path: Path, content: str, mode: int) -> Iterator[Path]:
    """Write the content to a file of its own beside `path`, durably; remove it at the end if it is still there."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
