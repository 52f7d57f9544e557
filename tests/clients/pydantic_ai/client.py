# mypy: ignore-errors
# (the repository's own environment has none of these packages)
"""A program on pydantic-ai: client.py ADDRESS FOLDER; prints tools and answers as one JSON object.

The toolset is used without an agent; no model is asked.
"""

import asyncio
import json
import sys
from pathlib import Path

from fastmcp.client.auth import OAuth
from fastmcp_store import store
from pydantic_ai.mcp import MCPToolset


async def main(address: str, folder: Path) -> None:
    login = OAuth(address, token_storage=store(folder))
    async with MCPToolset(address, auth=login, init_timeout=120) as server:
        tools = [tool.name for tool in await server.list_tools()]
        greeting = await server.direct_call_tool("greet", {})
        note = await server.direct_call_tool("add_note", {"title": "From pydantic-ai"})
    print(json.dumps({"tools": tools, "greeting": greeting, "note": note}))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
