"""A program on FastMCP: fastmcp_client.py ADDRESS FOLDER; prints tools and answers as one JSON object."""

import asyncio
import json
import sys
from importlib.metadata import version
from pathlib import Path

from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.protocols.key_value import AsyncKeyValue


def store(folder: Path) -> AsyncKeyValue:
    """Of the stores on disk, the one that this FastMCP brings along."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if version("fastmcp").startswith("2."):
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


async def main(address: str, folder: Path) -> None:
    login = OAuth(address, token_storage=store(folder))
    async with Client(address, auth=login) as client:
        tools = [tool.name for tool in await client.list_tools()]
        greeting = await client.call_tool("greet", {})
        note = await client.call_tool("add_note", {"title": "From FastMCP"}, raise_on_error=False)
    shown = {"tools": tools, "greeting": greeting.structured_content, "note": note.structured_content}
    print(json.dumps(shown))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
