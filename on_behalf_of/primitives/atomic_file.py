"""Write files completely or not at all, even if the process dies meanwhile."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Write the file, and replace one that exists. Raises OSError."""
    with _draft(path, content, mode) as draft:
        draft.replace(path)


def create_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Write the file unless one exists: the first of several processes wins. Raises OSError."""
    with _draft(path, content, mode) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)


@contextmanager
def _draft(path: Path, content: str, mode: int) -> Iterator[Path]:
    """Write the content durably to a temporary file beside `path`; remove it at the end if it is still there."""
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
