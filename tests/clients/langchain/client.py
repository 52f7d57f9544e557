# mypy: ignore-errors
# (the repository's own environment has none of these packages)
"""A program on langchain-mcp-adapters: client.py ADDRESS FILE; prints tools and answers as one JSON object.

The tools are called as a LangChain agent calls them; no model is asked.
"""

import asyncio
import json
import sys
from pathlib import Path

from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.client.auth import OAuthClientProvider
from wallet import Wallet


async def main(address: str, file: Path) -> None:
    wallet = Wallet(file)

    async def callback() -> tuple[str, str | None]:
        answer = await wallet.answer()
        return answer["code"], answer.get("state")

    login = OAuthClientProvider(address, wallet.client_metadata, wallet, wallet.open_browser, callback)
    client = MultiServerMCPClient({"on-behalf-of": {"transport": "streamable_http", "url": address, "auth": login}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    greeting = await tools["greet"].ainvoke({})
    note = await tools["add_note"].ainvoke({"title": "From LangChain"})
    print(json.dumps({"tools": list(tools), "greeting": greeting, "note": note}))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
