"""OpenCode: `opencode run`, with a model provider of its own configuration."""

import json
from pathlib import Path
from typing import Any

from tests.clients.agents.scripted_model.server import scripted_model
from tests.clients.client import TOOLS, Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room

FOLDER = Path(__file__).resolve().parent
PACKAGE = "opencode-linux-x64-baseline"
PROGRAM = FOLDER / "node_modules" / PACKAGE / "bin/opencode"

QUIET = {
    "OPENCODE_DISABLE_AUTOUPDATE": "true",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS": "true",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "true",
    "OPENCODE_DISABLE_MODELS_FETCH": "true",
    "OPENCODE_DISABLE_SHARE": "true",
}


def configuration(model: str) -> dict[str, Any]:
    return {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
        "provider": {
            "scripted": {
                "npm": "@ai-sdk/openai-compatible",  # comes with it
                "name": "Scripted model",
                "options": {"baseURL": f"{model}/v1", "apiKey": "scripted"},
                "models": {"scripted": {"name": "Scripted model"}},
            }
        },
    }


def configure(folder: Path, model: str) -> None:
    folder.mkdir(parents=True)
    (folder / "opencode.json").write_text(json.dumps(configuration(model)))
    # Beside its configuration it installs @opencode-ai/plugin from npm, unless these two say that it did.
    (folder / "node_modules").mkdir()
    lock = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
    (folder / "package-lock.json").write_text(json.dumps(lock))


def drive(room: Room, seen: Seen) -> None:
    def opencode(*arguments: str, stdin: str = "") -> str:
        ended = room.run(PROGRAM, *arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def ask(prompt: str) -> str:
        lines = opencode("run", "--format", "json", stdin=prompt).splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return "\n".join(event["part"]["text"] for event in events if event["type"] == "text")

    with scripted_model() as model:
        room.with_variables(QUIET)
        configure(room.home / ".config/opencode", model.url)
        opencode("mcp", "add", "on-behalf-of", "--url", room.url)
        opencode("mcp", "auth", "on-behalf-of")
        seen.greeting = ask("call greet {}")
        seen.tools = [tool for tool in TOOLS if model.offers(tool)]
        seen.note = ask('call add_note {"title": "From OpenCode"}')
        assert "403 after trying upscoping" in seen.note
        seen.remark = "to the 403 it refreshes its token, which adds no scope, and gives up"
        opencode("mcp", "logout", "on-behalf-of")
        assert "needs authentication" in opencode("mcp", "list")
        seen.forgot = "`opencode mcp logout`"


CLIENTS = [Client("OpenCode", FOLDER, lambda: version_of(FOLDER, PACKAGE), drive)]
