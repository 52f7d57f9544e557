"""Advice for people whose client this tenant no longer knows, usually because the tenant was reset.

The client keeps the id that it registered, and only the client can drop it. Its redirect URI is the only hint of which
program it is. That is good enough for advice, but not for a decision.
"""

import re
from dataclasses import dataclass

SENTENCE = (
    "This tenant does not know the client that sent you here. The tenant was probably reset after the client "
    "registered itself, and the client still uses its old id."
)
REMEDY = "Make the client forget its login, then connect again: it will register itself."
IN_GENERAL = "In the client, log out of the MCP server; if it cannot do that, remove the server and add it again."


@dataclass(frozen=True)
class Advice:
    """The steps that make one client forget its login; text to type is in backticks."""

    client: str
    how: str
    redirect_uri: str  # a pattern of the URIs that it sends

    def parts(self) -> list[tuple[str, bool]]:
        """Split the text into parts. The flag of each says whether the user types it."""
        return [(text, number % 2 == 1) for number, text in enumerate(self.how.split("`"))]


# From their makers' documentation, or from runs; docs/clients.md has more on each.
KNOWN = (
    Advice(
        "Claude Code",
        "Run `claude mcp logout NAME`, then `claude mcp login NAME`.",
        r"http://localhost:\d+/callback",
    ),
    Advice(
        "Codex",
        "Run `codex mcp logout NAME`, then `codex mcp login NAME`.",
        r"http://127\.0\.0\.1:\d+/callback(/[\w-]+)?",
    ),
    Advice(
        "Cursor",
        "In its settings for MCP, choose Logout at the server.",
        r"cursor://.*|http://localhost:8787/callback",
    ),
    Advice(
        "Gemini CLI",
        "Delete the server's entry in `~/.gemini/mcp-oauth-tokens.json`, then type `/mcp auth NAME`.",
        r"http://localhost:(?!627\d/)\d+/oauth/callback",
    ),
    Advice(
        "mcp-remote (Claude Desktop)",
        "Delete the folder `~/.mcp-auth`, then connect again.",
        r"http://(localhost|127\.0\.0\.1):(?!627\d/)\d+/oauth/callback",
    ),
    Advice("mcpc", "Run `mcpc logout URL`, then `mcpc login URL`.", r"http://localhost:\d+/callback"),
    Advice(
        "MCP Inspector",
        "Choose Clear OAuth state and disconnect, or end it and delete `~/.mcp-inspector/storage/oauth.json`.",
        r"http://(localhost|127\.0\.0\.1):627\d/oauth/callback.*",
    ),
    Advice(
        "OpenCode",
        "Run `opencode mcp logout NAME`, then `opencode mcp auth NAME`.",
        r"http://(localhost|127\.0\.0\.1):\d+/mcp/oauth/callback",
    ),
    Advice(
        "VS Code",
        "Run `Authentication: Remove Dynamic Authentication Providers` from the command palette.",
        r"https://(insiders\.)?vscode\.dev/redirect|http://(localhost|127\.0\.0\.1)(:\d+)?/?",
    ),
)


def advice_for(redirect_uri: str) -> tuple[Advice, ...]:
    """Return the advice for each client that the redirect URI matches; for all known clients if it matches none."""
    fitting = tuple(each for each in KNOWN if re.fullmatch(each.redirect_uri, redirect_uri))
    return fitting or KNOWN
