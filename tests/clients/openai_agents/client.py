# mypy: ignore-errors
# (the repository's own environment has none of these packages)
"""A program on the OpenAI Agents SDK: client.py ADDRESS FILE; prints tools and answers as one JSON object.

The server is asked as an agent's run asks it; no model is asked.
"""

import asyncio
import json
import sys
from pathlib import Path

from agents.mcp import MCPServerStreamableHttp
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult
from wallet import Wallet


async def main(address: str, file: Path) -> None:
    wallet = Wallet(file)

    async def callback() -> AuthorizationCodeResult:
        answer = await wallet.answer()
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    login = OAuthClientProvider(address, wallet.client_metadata, wallet, wallet.open_browser, callback)
    # Its own limit is five seconds, too few for a person who logs in.
    async with MCPServerStreamableHttp(
        params={"url": address, "auth": login, "timeout": 120}, client_session_timeout_seconds=120
    ) as server:
        tools = [tool.name for tool in await server.list_tools()]
        greeting = await server.call_tool("greet", {})
        note = await server.call_tool("add_note", {"title": "From OpenAI Agents"})
    shown = {"tools": tools, "greeting": greeting.model_dump(mode="json"), "note": note.model_dump(mode="json")}
    print(json.dumps(shown))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
