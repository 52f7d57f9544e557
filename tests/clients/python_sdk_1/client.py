# mypy: ignore-errors
# (checked against another line of the SDK than the one that it is written for)
"""A program on the Python SDK 1.x: client.py ADDRESS FILE; prints tools and answers as one JSON object."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from wallet import Wallet


async def main(address: str, file: Path) -> None:
    wallet = Wallet(file)

    async def callback() -> tuple[str, str | None]:
        answer = await wallet.answer()
        return answer["code"], answer.get("state")

    login = OAuthClientProvider(address, wallet.client_metadata, wallet, wallet.open_browser, callback)
    async with (
        httpx.AsyncClient(auth=login, timeout=60) as http,
        streamable_http_client(address, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        greeting = await session.call_tool("greet", {})
        note = await session.call_tool("add_note", {"title": "From Python"})
    shown = {"tools": tools, "greeting": greeting.structuredContent, "note": note.structuredContent}
    print(json.dumps(shown))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
