"""Where FastMCP's OAuth code keeps registration and tokens; left to itself, it forgets them with the process."""

from importlib.util import find_spec
from pathlib import Path

from key_value.aio.protocols.key_value import AsyncKeyValue


def store(folder: Path) -> AsyncKeyValue:
    """Of the stores on disk, the one that this FastMCP brings along."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if find_spec("aiofile") is None:  # as with FastMCP 2
        from key_value.aio.stores.disk import DiskStore

        return DiskStore(directory=folder)
    from key_value.aio.stores.filetree import (
        FileTreeStore,
        FileTreeV1CollectionSanitizationStrategy,
        FileTreeV1KeySanitizationStrategy,
    )

    return FileTreeStore(
        data_directory=folder,
        key_sanitization_strategy=FileTreeV1KeySanitizationStrategy(folder),
        collection_sanitization_strategy=FileTreeV1CollectionSanitizationStrategy(folder),
    )
