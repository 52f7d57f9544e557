"""Claude Code: `claude mcp login` wants a terminal; then `claude --print` calls the tools."""

import json
from pathlib import Path

from tests.clients.agents.scripted_model.server import scripted_model
from tests.clients.agents.terminal import Terminal
from tests.clients.client import TOOLS, Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules/.bin/claude"
MODEL = "claude-sonnet-4-5"  # one that it knows; the scripted model answers to any name

QUIET = {
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}


def drive(room: Room, seen: Seen) -> None:
    def claude(*arguments: str) -> str:
        ended = room.run(PROGRAM, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def ask(prompt: str) -> str:
        allowed = ("--allowedTools", "mcp__on-behalf-of")
        return str(
            json.loads(claude("--print", prompt, "--model", MODEL, *allowed, "--output-format", "json"))["result"]
        )

    with scripted_model() as model:
        room.with_variables(QUIET)
        room.with_variables({
            "ANTHROPIC_API_KEY": "scripted",
            "ANTHROPIC_BASE_URL": model.url,
            "ENABLE_TOOL_SEARCH": "false",  # or the model has to search for MCP tools before it may call them
        })  # fmt: skip
        claude("mcp", "add", "--transport", "http", "--scope", "user", "on-behalf-of", room.url)
        login = (PROGRAM, "mcp", "login", "on-behalf-of")
        with Terminal(login, folder=room.home, environment=room.environment) as terminal:
            terminal.wait_for('Authenticated with "on-behalf-of"')
            assert terminal.wait_for_end() == 0
        seen.greeting = ask("call greet {}")
        seen.tools = [tool for tool in TOOLS if model.offers(tool)]
        seen.note = ask('call add_note {"title": "From Claude Code"}')
        claude("mcp", "logout", "on-behalf-of")
        assert "Needs authentication" in claude("mcp", "list")
        seen.forgot = "`claude mcp logout`"


CLIENTS = [
    Client(
        "Claude Code",
        FOLDER,
        lambda: version_of(FOLDER, "@anthropic-ai/claude-code"),
        drive,
        is_proprietary=True,
        is_for_ci=False,
    )
]
