"""A program on the Python SDK 2.x: client.py ADDRESS FILE; prints tools and answers as one JSON object."""

import asyncio
import json
import sys
from pathlib import Path

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult

from wallet import Wallet  # type: ignore[import-not-found]  # isort: skip # beside the programs


async def main(address: str, file: Path) -> None:
    wallet = Wallet(file)

    async def callback() -> AuthorizationCodeResult:
        answer = await wallet.answer()
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    login = OAuthClientProvider(address, wallet.client_metadata, wallet, wallet.open_browser, callback)
    async with (
        httpx2.AsyncClient(auth=login, timeout=60) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        tools = [tool.name for tool in (await client.list_tools()).tools]
        greeting = await client.call_tool("greet", {})
        note = await client.call_tool("add_note", {"title": "From Python"})
    print(json.dumps({"tools": tools, "greeting": greeting.structured_content, "note": note.structured_content}))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
