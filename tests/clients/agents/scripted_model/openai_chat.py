"""OpenAI's Chat Completions API, as far as OpenCode uses it."""

import json
from typing import Any

from tests.clients.agents.scripted_model.answer import Json, Stream, event
from tests.clients.agents.scripted_model.conversation import Conversation, Text, Tool, ToolResult, UserMessage, reply

USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def answer(path: str, body: Json) -> Json | Stream | None:
    """Answer a request of this API; None for any other."""
    if path != "/v1/chat/completions":
        return None
    said = reply(read(body))
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(said, Text):
        message["content"], reason = said.text, "stop"
    else:
        function = {"name": said.tool.name, "arguments": json.dumps(said.arguments)}
        message["tool_calls"], reason = [{"id": said.id, "type": "function", "function": function}], "tool_calls"
    frame = {"id": "chatcmpl-1", "created": 0, "model": body["model"]}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return frame | {"object": "chat.completion", "choices": [choice], "usage": USAGE}
    delta = message | ({"tool_calls": [{"index": 0, **call} for call in message.get("tool_calls", ())]})
    frame |= {"object": "chat.completion.chunk"}
    first = frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": USAGE}
    return Stream(event(first) + event(last) + event("[DONE]"))


def read(body: Json) -> Conversation:
    turns: list[UserMessage | ToolResult] = []
    for message in body["messages"]:
        if message["role"] == "user":
            turns.append(UserMessage(_text(message["content"])))
        elif message["role"] == "tool":
            turns.append(ToolResult(_text(message["content"])))
    return Conversation([Tool(tool["function"]["name"]) for tool in body.get("tools") or []], turns)


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
