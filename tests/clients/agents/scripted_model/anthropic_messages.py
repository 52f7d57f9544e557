"""Anthropic's Messages API, as far as Claude Code uses it."""

import json
from typing import Any

from tests.clients.agents.scripted_model.answer import Json, Stream, event
from tests.clients.agents.scripted_model.conversation import (
    Conversation,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UserMessage,
    reply,
)

USAGE = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def answer(path: str, body: Json) -> Json | Stream | None:
    """Answer a request of this API; None for any other."""
    if path == "/v1/messages/count_tokens":
        return {"input_tokens": 1}
    if path != "/v1/messages":
        return None
    said = reply(read(body))
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [_block(said)],
        "stop_reason": "tool_use" if isinstance(said, ToolCall) else "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }
    return Stream("".join(_events(message, said))) if body.get("stream") else message


def read(body: Json) -> Conversation:
    turns: list[UserMessage | ToolResult] = []
    for message in body["messages"]:
        for block in _blocks(message["content"]) if message["role"] == "user" else []:
            if block["type"] == "text":
                turns.append(UserMessage(block["text"]))
            elif block["type"] == "tool_result":
                text = "\n".join(part.get("text", "") for part in _blocks(block.get("content") or []))
                turns.append(ToolResult(text))
    return Conversation([Tool(tool["name"]) for tool in body.get("tools") or []], turns)


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _block(said: Text | ToolCall) -> dict[str, Any]:
    if isinstance(said, Text):
        return {"type": "text", "text": said.text}
    return {"type": "tool_use", "id": f"toolu_{said.id}", "name": said.tool.name, "input": said.arguments}


def _events(message: dict[str, Any], said: Text | ToolCall) -> list[str]:
    if isinstance(said, Text):
        empty: dict[str, Any] = {"text": ""}
        delta = {"type": "text_delta", "text": said.text}
    else:
        empty = {"input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(said.arguments)}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": _block(said) | empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": USAGE},
        {"type": "message_stop"},
    ]
    return [event(data, data["type"]) for data in events]
