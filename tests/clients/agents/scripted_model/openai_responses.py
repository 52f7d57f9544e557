"""OpenAI's Responses API, as far as Codex uses it."""

import json
from typing import Any

from tests.clients.agents.scripted_model.answer import Json, Stream, event
from tests.clients.agents.scripted_model.conversation import Conversation, Text, Tool, ToolResult, UserMessage, reply

USAGE = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 2,
}


def answer(path: str, body: Json) -> Json | Stream | None:
    """Answer a request of this API; None for any other."""
    if path != "/v1/responses":
        return None
    said = reply(read(body))
    if isinstance(said, Text):
        part = {"type": "output_text", "text": said.text, "annotations": []}
        item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    else:
        arguments = json.dumps(said.arguments)
        item = {"type": "function_call", "id": f"fc_{said.id}", "call_id": said.id, "status": "completed"}
        item |= {"name": said.tool.name, "arguments": arguments}
        item |= {"namespace": said.tool.group} if said.tool.group else {}
    response = {"id": "resp_1", "object": "response", "created_at": 0, "model": body["model"]}
    done = response | {"status": "completed", "output": [item], "usage": USAGE}
    if not body.get("stream"):
        return done
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response | {"status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item | {"status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]
    return Stream("".join(event(data | {"sequence_number": n}, data["type"]) for n, data in enumerate(events)))


def read(body: Json) -> Conversation:
    turns: list[UserMessage | ToolResult] = []
    for item in body["input"] if isinstance(body["input"], list) else [_message(body["input"])]:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] == "user":
            turns.append(UserMessage(_text(item["content"])))
        elif kind == "function_call_output":
            turns.append(ToolResult(_text(item["output"])))
    return Conversation([tool for entry in body.get("tools") or [] for tool in _tools(entry)], turns)


def _message(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _tools(entry: Json) -> list[Tool]:
    """Return the functions that an entry of `tools` declares; a namespace holds several."""
    if entry["type"] == "namespace":
        return [Tool(tool["name"], group=entry["name"]) for tool in entry["tools"] if tool["type"] == "function"]
    return [Tool(entry["name"])] if entry["type"] == "function" else []


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
