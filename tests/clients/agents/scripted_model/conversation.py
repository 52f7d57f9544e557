"""The scripted model: it does what the user's last message tells it, and needs no weights.

A message with lines of the form `call TOOL {"argument": "value"}` has it call these tools one after the other, and then
answer with a text that quotes what they returned. The whole conversation arrives with every request, so the model keeps
no state of its own.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COMMAND = re.compile(r"^\s*call (\w+) (\{.*\})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """A tool that the client offers. `group` is set where the provider's API names tools in groups."""

    name: str
    group: str | None = None

    def is_named(self, wanted: str) -> bool:
        """Tell whether this is the MCP tool `wanted`: clients put the server's name in front of it."""
        return self.name == wanted or self.name.endswith(f"_{wanted}")


@dataclass(frozen=True)
class UserMessage:
    text: str


@dataclass(frozen=True)
class ToolResult:
    text: str


@dataclass(frozen=True)
class Conversation:
    tools: Sequence[Tool]
    turns: Sequence[UserMessage | ToolResult]  # oldest first; what the model itself said is left out


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class ToolCall:
    id: str
    tool: Tool
    arguments: dict[str, Any]


def reply(conversation: Conversation) -> Text | ToolCall:
    """Return what the model says next."""
    commands: list[tuple[str, str]] = []
    results: list[str] = []
    earlier = 0  # results that answer earlier messages
    for turn in conversation.turns:
        if isinstance(turn, ToolResult):
            results.append(turn.text)
        elif found := COMMAND.findall(turn.text):
            commands, results, earlier = found, [], earlier + len(results)
    if not conversation.tools or not commands:
        return Text("This message asks for no tool.")  # such as a request for the title of the conversation
    if len(results) >= len(commands):
        return Text("The tools answered: " + " | ".join(results))
    name, arguments = commands[len(results)]
    tool = next((tool for tool in conversation.tools if tool.is_named(name)), None)
    if tool is None:
        offered = ", ".join(sorted(tool.name for tool in conversation.tools))
        return Text(f"The client offers no tool {name}, only {offered}.")
    return ToolCall(f"call_{earlier + len(results) + 1}", tool, json.loads(arguments))
