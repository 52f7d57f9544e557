"""`python -m tests.docs.following_the_tutorial DIR`, in a copy of the project that docs/tutorial.md was applied to.

Starts the services with their state in DIR, does what the reader does, and prints what came of it as JSON.
"""

import asyncio
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.person import Person
from tests.docs.blocks import as_documented, blocks
from tests.services.running import Running

PAGE = "docs/tutorial.md"


async def call_as_the_users(running: Running) -> dict[str, Any]:
    wallet = Wallet()
    async with mcp_client(running.mcp, Person("admin@example.com", "admin-demo"), wallet) as ada:
        before = await ada.call_tool("count_notes", {})
        await ada.call_tool("add_note", {"title": "Milk"})
        after = await ada.call_tool("count_notes", {})
        seen_by_ada = [tool.name for tool in (await ada.list_tools()).tools]
    async with mcp_client(running.mcp, Person("user@example.com", "user-demo"), Wallet()) as uli:
        seen_by_uli = [tool.name for tool in (await uli.list_tools()).tools]
    assert wallet.client is not None
    return {
        "before": before.structured_content,
        "after": after.structured_content,
        "scope": (wallet.tokens.scope if wallet.tokens else "") or "",
        "seen by the administrator": seen_by_ada,
        "seen by the other user": seen_by_uli,
        "client": wallet.client.client_id,
    }


def main() -> None:
    running = Running(Path(sys.argv[1]))
    (asked, *_), (exported, *_), named = (block.commands for block in blocks(PAGE, "console"))
    for command in named:  # step 6, which needs no running service
        running.manage(*shlex.split(command.partition("manage.py ")[2]))
    with running.up():
        curl = asked.replace("http://localhost:8787", running.api)
        challenge = subprocess.run(["bash", "-c", curl], check=True, capture_output=True, text=True).stdout  # noqa: S607
        came = asyncio.run(call_as_the_users(running))
        arguments = exported.partition("manage.py ")[2].partition(" |")[0].split()
        row = json.loads(running.manage(*arguments).splitlines()[-1])
    shown_as = {running.api: "http://localhost:8787", came["client"]: "the-mcp-client"}
    print(json.dumps(as_documented(came | {"challenge": challenge.strip(), "row": row}, shown_as)))


if __name__ == "__main__":
    main()
