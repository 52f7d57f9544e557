"""Google's Gemini API: generateContent, streamGenerateContent and countTokens, as far as Gemini CLI uses them."""

import re

from tests.clients.agents.scripted_model.answer import Json, Stream, event
from tests.clients.agents.scripted_model.conversation import Conversation, Text, Tool, ToolResult, UserMessage, reply

METHODS = "generateContent|streamGenerateContent|countTokens"
PATH = re.compile(rf"/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>{METHODS})")


def answer(path: str, body: Json) -> Json | Stream | None:
    """Answer a request of this API; None for any other."""
    found = PATH.fullmatch(path)
    if found is None:
        return None
    if found["method"] == "countTokens":
        return {"totalTokens": 1}
    said = reply(read(body))
    if isinstance(said, Text):
        part: Json = {"text": said.text}
    else:
        part = {"functionCall": {"id": said.id, "name": said.tool.name, "args": said.arguments}}
    content = {
        "candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": found["model"],
    }
    return content if found["method"] == "generateContent" else Stream(event(content))


def read(body: Json) -> Conversation:
    turns: list[UserMessage | ToolResult] = []
    for content in body["contents"]:
        for part in content["parts"] if content.get("role") == "user" else []:
            if "functionResponse" in part:
                response = part["functionResponse"]["response"]
                turns.append(ToolResult(str(response.get("output") or response.get("error") or response)))
            elif "text" in part:
                turns.append(UserMessage(part["text"]))
    declarations = [group.get("functionDeclarations") or [] for group in body.get("tools") or []]
    return Conversation([Tool(tool["name"]) for group in declarations for tool in group], turns)
