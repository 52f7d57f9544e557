"""Gemini CLI: it logs in inside a session only, so a terminal; then its headless mode calls the tools."""

import json
from pathlib import Path

from tests.clients.agents.scripted_model.server import scripted_model
from tests.clients.agents.terminal import Terminal
from tests.clients.client import TOOLS, Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules/@google/gemini-cli/bundle/gemini.js"
MODEL = "gemini-2.5-flash"  # one that it knows; the scripted model answers to any name
LOGIN = "/mcp auth on-behalf-of"

SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
}


def drive(room: Room, seen: Seen) -> None:
    assert room.node
    settings = room.home / ".gemini"
    settings.mkdir()
    (settings / "settings.json").write_text(json.dumps(SETTINGS))

    def gemini(*arguments: str) -> str:
        assert room.node
        ended = room.run(room.node, PROGRAM, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    def ask(prompt: str) -> str:
        assert room.node
        ended = room.run(room.node, PROGRAM, "--model", MODEL, "--output-format", "json", "--prompt", prompt)
        return str(json.loads(ended.stdout)["response"])

    with scripted_model() as model:
        room.with_variables({
            "GEMINI_API_KEY": "scripted",
            "GOOGLE_GEMINI_BASE_URL": model.url,
            "GEMINI_CLI_NO_RELAUNCH": "true",  # it would start itself anew only to be given more memory
        })  # fmt: skip
        gemini("mcp", "add", "--scope", "user", "--transport", "http", "--trust", "on-behalf-of", room.url)
        session = (room.node, PROGRAM, "--model", MODEL, "--prompt-interactive", LOGIN)
        with Terminal(session, folder=room.home, environment=room.environment) as terminal:
            terminal.wait_for("Do you want to continue")
            terminal.press("\r")
            terminal.wait_for("Successfully authenticated and reloaded tools")
        seen.greeting = ask("call greet {}")
        seen.tools = [tool for tool in TOOLS if model.offers(tool)]
        seen.note = ask('call add_note {"title": "From Gemini CLI"}')
        (settings / "mcp-oauth-tokens.json").unlink()
        assert "Disconnected" in gemini("mcp", "list")
        seen.forgot = "deleting `~/.gemini/mcp-oauth-tokens.json`"


CLIENTS = [Client("Gemini CLI", FOLDER, lambda: version_of(FOLDER, "@google/gemini-cli"), drive)]
