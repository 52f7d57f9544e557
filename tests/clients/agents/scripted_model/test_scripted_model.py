"""The scripted model, asked over HTTP in each provider's own dialect, streamed and whole."""

import http.client
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.clients.agents.scripted_model.server import ScriptedModel, scripted_model

ORDER = 'Please:\ncall greet {}\ncall add_note {"title": "Milk"}\nThank you.'
Turn = tuple[str, str]  # "user", "call" or "result", and its text
Call = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as serving:
        yield serving


@dataclass(frozen=True)
class Dialect:
    """How a client asks, and what it makes of the answer: a text, or the name and the arguments of a call."""

    path: Callable[[bool], str]  # whether it is streamed
    body: Callable[[Sequence[Turn], Sequence[str]], dict[str, Any]]
    whole: Callable[[Any], Any]
    streamed: Callable[[list[tuple[str, str]]], Any]  # the events' names and data


def _anthropic_body(turns: Sequence[Turn], tools: Sequence[str]) -> dict[str, Any]:
    def message(kind: str, text: str) -> dict[str, Any]:
        if kind == "call":
            return {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": text, "input": {}}]}
        if kind == "result":
            return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": text}]}
        return {"role": "user", "content": text}

    return {"model": "m", "messages": [message(*turn) for turn in turns], "tools": [{"name": name} for name in tools]}


def _anthropic_whole(answer: Any) -> Any:
    (block,) = answer["content"]
    if block["type"] == "text":
        assert answer["stop_reason"] == "end_turn"
        return block["text"]
    assert answer["stop_reason"] == "tool_use"
    return block["name"], block["input"]


def _anthropic_streamed(events: list[tuple[str, str]]) -> Any:
    data = [json.loads(text) for _, text in events]
    assert [name for name, _ in events] == [each["type"] for each in data]
    start, block, delta, _, end, last = data
    assert (start["type"], last["type"]) == ("message_start", "message_stop")
    if block["content_block"]["type"] == "text":
        assert end["delta"]["stop_reason"] == "end_turn"
        return block["content_block"]["text"] + delta["delta"]["text"]
    assert end["delta"]["stop_reason"] == "tool_use"
    return block["content_block"]["name"], json.loads(delta["delta"]["partial_json"])


def _gemini_body(turns: Sequence[Turn], tools: Sequence[str]) -> dict[str, Any]:
    def content(kind: str, text: str) -> dict[str, Any]:
        if kind == "call":
            return {"role": "model", "parts": [{"functionCall": {"name": text, "args": {}}}]}
        if kind == "result":
            return {"role": "user", "parts": [{"functionResponse": {"name": "x", "response": {"output": text}}}]}
        return {"role": "user", "parts": [{"text": text}]}

    declarations = [{"name": name} for name in tools]
    return {"contents": [content(*turn) for turn in turns], "tools": [{"functionDeclarations": declarations}]}


def _gemini_whole(answer: Any) -> Any:
    (candidate,) = answer["candidates"]
    assert candidate["finishReason"] == "STOP"
    (part,) = candidate["content"]["parts"]
    return part["text"] if "text" in part else (part["functionCall"]["name"], part["functionCall"]["args"])


def _gemini_streamed(events: list[tuple[str, str]]) -> Any:
    ((_, data),) = events
    return _gemini_whole(json.loads(data))


def _chat_body(turns: Sequence[Turn], tools: Sequence[str]) -> dict[str, Any]:
    def message(kind: str, text: str) -> dict[str, Any]:
        if kind == "call":
            call = {"id": "1", "type": "function", "function": {"name": text, "arguments": "{}"}}
            return {"role": "assistant", "content": None, "tool_calls": [call]}
        if kind == "result":
            return {"role": "tool", "tool_call_id": "1", "content": text}
        return {"role": "user", "content": [{"type": "text", "text": text}]}

    functions = [{"type": "function", "function": {"name": name}} for name in tools]
    return {"model": "m", "messages": [message(*turn) for turn in turns], "tools": functions}


def _chat_message(message: Any, reason: str) -> Any:
    if message["content"] is not None:
        assert reason == "stop"
        return message["content"]
    assert reason == "tool_calls"
    (call,) = message["tool_calls"]
    return call["function"]["name"], json.loads(call["function"]["arguments"])


def _chat_whole(answer: Any) -> Any:
    (choice,) = answer["choices"]
    return _chat_message(choice["message"], choice["finish_reason"])


def _chat_streamed(events: list[tuple[str, str]]) -> Any:
    *chunks, (_, end) = events
    assert end == "[DONE]"
    first, last = (json.loads(data)["choices"][0] for _, data in chunks)
    return _chat_message(first["delta"], last["finish_reason"])


def _responses_body(turns: Sequence[Turn], tools: Sequence[str]) -> dict[str, Any]:
    def item(kind: str, text: str) -> dict[str, Any]:
        if kind == "call":
            return {"type": "function_call", "call_id": "1", "name": text, "arguments": "{}"}
        if kind == "result":
            return {"type": "function_call_output", "call_id": "1", "output": text}
        return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}

    functions = [{"type": "function", "name": name} for name in tools]
    return {"model": "m", "input": [item(*turn) for turn in turns], "tools": functions}


def _responses_whole(answer: Any) -> Any:
    (item,) = answer["output"]
    assert answer["status"] == "completed"
    if item["type"] == "message":
        return item["content"][0]["text"]
    return item["name"], json.loads(item["arguments"])


def _responses_streamed(events: list[tuple[str, str]]) -> Any:
    data = [json.loads(text) for _, text in events]
    assert [name for name, _ in events] == [each["type"] for each in data]
    assert [each["sequence_number"] for each in data] == list(range(len(data)))
    assert data[-1]["type"] == "response.completed"
    (done,) = (each["item"] for each in data if each["type"] == "response.output_item.done")
    assert data[-1]["response"]["output"] == [done]
    return _responses_whole(data[-1]["response"])


DIALECTS = {
    "anthropic": Dialect(lambda _: "/v1/messages?beta=true", _anthropic_body, _anthropic_whole, _anthropic_streamed),
    "gemini": Dialect(
        lambda streams: f"/v1beta/models/m:{'streamGenerateContent?alt=sse' if streams else 'generateContent'}",
        _gemini_body,
        _gemini_whole,
        _gemini_streamed,
    ),
    "chat": Dialect(lambda _: "/v1/chat/completions", _chat_body, _chat_whole, _chat_streamed),
    "responses": Dialect(lambda _: "/v1/responses", _responses_body, _responses_whole, _responses_streamed),
}
TOOLS = ("read_file", "mcp__bridge__greet", "mcp__bridge__add_note")
GREET: Call = ("mcp__bridge__greet", {})
ADD_NOTE: Call = ("mcp__bridge__add_note", {"title": "Milk"})

Ask = Callable[..., Any]


@pytest.fixture(params=[(name, streams) for name in DIALECTS for streams in (True, False)], ids=str)
def ask(request: pytest.FixtureRequest, model: ScriptedModel) -> Ask:
    name, streams = request.param
    dialect = DIALECTS[name]

    def asking(*turns: Turn, tools: Sequence[str] = TOOLS) -> Any:
        body = dialect.body(turns, tools) | {"stream": streams}
        answer = requests.post(model.url + dialect.path(streams), json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        if not streams:
            return dialect.whole(answer.json())
        assert answer.headers["Content-Type"] == "text/event-stream"
        return dialect.streamed([_event(block) for block in answer.text.split("\n\n") if block])

    return asking


def _event(block: str) -> tuple[str, str]:
    fields = dict(line.split(": ", 1) for line in block.splitlines())
    return fields.get("event", ""), fields["data"]


def test_it_calls_the_named_tools_in_order_and_quotes_the_results(ask: Ask) -> None:
    assert ask(("user", ORDER)) == GREET
    assert ask(("user", ORDER), ("call", GREET[0]), ("result", "Hello Ada")) == ADD_NOTE
    answer = ask(
        ("user", ORDER), ("call", GREET[0]), ("result", "Hello Ada"), ("call", ADD_NOTE[0]), ("result", "Saved")
    )
    assert answer == "The tools answered: Hello Ada | Saved"


def test_a_new_message_starts_over(ask: Ask) -> None:
    before = (("user", "call greet {}"), ("call", GREET[0]), ("result", "Hello Ada"))
    assert ask(*before, ("user", "call greet {}")) == GREET
    assert ask(*before, ("user", "call greet {}"), ("call", GREET[0]), ("result", "Hi")) == "The tools answered: Hi"


def test_text_that_clients_add_to_a_message_changes_nothing(ask: Ask) -> None:
    assert ask(("user", "You are on Linux."), ("user", "call greet {}"), ("user", "Be brief.")) == GREET


def test_a_request_for_a_title_gets_a_text(ask: Ask) -> None:
    assert ask(("user", "call greet {}"), tools=()) == "This message asks for no tool."
    assert ask(("user", "Hello")) == "This message asks for no tool."


def test_a_tool_that_is_not_offered_is_reported_by_name(ask: Ask) -> None:
    assert ask(("user", "call greet {}"), tools=("read_file",)) == "The client offers no tool greet, only read_file."


def test_it_knows_which_tools_it_was_offered() -> None:
    with scripted_model() as model:
        body = _chat_body([("user", "Hello")], ("bridge_greet",))
        requests.post(f"{model.url}/v1/chat/completions", json=body, timeout=10)
        assert model.offers("greet")
        assert not model.offers("add_note")


def test_a_group_of_tools_is_called_by_group_and_name(model: ScriptedModel) -> None:
    """Codex puts the tools of one MCP server into a namespace."""
    namespace = {"type": "namespace", "name": "mcp__bridge", "tools": [{"type": "function", "name": "greet"}]}
    body = _responses_body([("user", "call greet {}")], ()) | {"tools": [namespace]}
    (item,) = requests.post(f"{model.url}/v1/responses", json=body, timeout=10).json()["output"]
    assert (item["namespace"], item["name"]) == ("mcp__bridge", "greet")


def test_tokens_can_be_counted(model: ScriptedModel) -> None:
    anthropic = requests.post(f"{model.url}/v1/messages/count_tokens", json=_anthropic_body([], ()), timeout=10)
    gemini = requests.post(f"{model.url}/v1beta/models/m:countTokens", json=_gemini_body([], ()), timeout=10)
    assert anthropic.json() == {"input_tokens": 1}
    assert gemini.json() == {"totalTokens": 1}


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/v1/models", b"", 404),
        ("GET", "/v1/responses", b"", 404),
        ("POST", "/v1/embeddings", b"{}", 404),
        ("POST", "/v1beta/models/m:embedContent", b"{}", 404),
        ("POST", "/v1/responses", b"not JSON", 400),
        ("POST", "/v1/responses", b"[]", 400),
        ("POST", "/v1/responses", b"{}", 400),
        ("POST", "/v1/messages", b'{"messages": [{"role": "user", "content": 3}]}', 400),
    ],
)
def test_unsupported_requests_are_refused(
    model: ScriptedModel, method: str, path: str, content: bytes, status: int
) -> None:
    assert requests.request(method, model.url + path, data=content, timeout=10).status_code == status


def test_a_body_without_a_length_is_refused(model: ScriptedModel) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", model.port, timeout=10)) as connection:
        connection.putrequest("POST", "/v1/responses")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        assert connection.getresponse().status == 413
