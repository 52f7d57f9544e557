"""Codex: `codex exec`, with a model provider of its own configuration."""

import json
from pathlib import Path

from tests.clients.agents.scripted_model.server import scripted_model
from tests.clients.client import TOOLS, Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules/@openai/codex/bin/codex.js"
ALL_SCOPES = "tool:whoami,tool:greet,tool:notes"

# Without a keyring on the machine, logging out fails unless credentials are kept in a file.
CONFIGURATION = """
model = "scripted"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "read-only"
web_search = "disabled"
check_for_update_on_startup = false
mcp_oauth_credentials_store = "file"

[model_providers.scripted]
name = "Scripted model"
base_url = "{model}/v1"
wire_api = "responses"

[features]
apps = false
plugins = false

[analytics]
enabled = false

[feedback]
enabled = false

[otel]
exporter = "none"
metrics_exporter = "none"
trace_exporter = "none"
"""


def drive(room: Room, seen: Seen) -> None:
    def codex(*arguments: str) -> str:
        assert room.node
        ended = room.run(room.node, PROGRAM, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def ask(prompt: str) -> str:
        events = codex("exec", "--skip-git-repo-check", "--strict-config", "--json", prompt).splitlines()
        items = [event["item"] for event in map(json.loads, events) if event["type"] == "item.completed"]
        return "\n".join(item["text"] for item in items if item["type"] == "agent_message")

    with scripted_model() as model:
        home = room.home / ".codex"
        home.mkdir()
        (home / "config.toml").write_text(CONFIGURATION.format(model=model.url))
        codex("mcp", "add", "on-behalf-of", "--url", room.url, "--oauth-client-registration", "dcr")  # logs in, too
        seen.greeting = ask("call greet {}")
        seen.tools = [tool for tool in TOOLS if model.offers(tool)]
        seen.note = ask('call add_note {"title": "From Codex"}')
        assert "nsufficient scope" in seen.note
        login = ("mcp", "login", "on-behalf-of", "--oauth-client-registration", "dcr")
        codex(*login, "--scopes", ALL_SCOPES)
        seen.note = ask('call add_note {"title": "From Codex"}')
        seen.more_scopes_by = "`codex mcp login --scopes`"
        codex("mcp", "logout", "on-behalf-of")
        assert "Not logged in" in codex("mcp", "list")
        seen.forgot = "`codex mcp logout`"


CLIENTS = [Client("Codex", FOLDER, lambda: version_of(FOLDER, "@openai/codex"), drive)]
