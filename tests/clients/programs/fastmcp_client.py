"""A program on FastMCP: fastmcp_client.py ADDRESS FOLDER; prints tools and answers as one JSON object."""

import asyncio
import json
import sys
from pathlib import Path

from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp_store import store  # type: ignore[import-not-found] # beside this file


async def main(address: str, folder: Path) -> None:
    login = OAuth(address, token_storage=store(folder))
    async with Client(address, auth=login) as client:
        tools = [tool.name for tool in await client.list_tools()]
        greeting = await client.call_tool("greet", {})
        note = await client.call_tool("add_note", {"title": "From FastMCP"}, raise_on_error=False)
    shown = {"tools": tools, "greeting": greeting.structured_content, "note": note.structured_content}
    print(json.dumps(shown))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
