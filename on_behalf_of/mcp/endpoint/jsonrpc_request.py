"""Read the body of a POST to the MCP endpoint strictly, before anything acts on it (JSON-RPC 2.0 §4)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

MAX_DEPTH = 64  # nested objects and arrays; the limits of JSON parsers differ
PARSE_ERROR, INVALID_REQUEST = -32700, -32600


class JsonRpcError(Exception):
    """The body is not a JSON-RPC request or notification."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class JsonRpcRequest:
    """A request, or a notification (then `id` is None)."""

    method: str
    params: dict[str, Any]
    id: str | int | None
    document: dict[str, Any]  # as it was read, with members that JSON-RPC does not know

    @cached_property
    def canonical(self) -> bytes:
        """Return the document, written again from what was checked. Only this is passed on."""
        return json.dumps(self.document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    @property
    def called_tool(self) -> object:
        """Return the `name` of a tools/call; None for every other method."""
        return self.params.get("name") if self.method == "tools/call" else None

    @property
    def wants_progress(self) -> bool:
        """Return whether this is a tools/call with a progress token (MCP progress §Progress Flow)."""
        meta = self.params.get("_meta") if self.method == "tools/call" else None
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        return isinstance(token, str | int) and not isinstance(token, bool)


def is_batch(body: bytes) -> bool:
    """Return whether the body is a JSON array, well-formed or not."""
    return body.lstrip(b" \t\r\n").startswith(b"[")


def parse_request(body: bytes) -> JsonRpcRequest:
    """Read one request or notification. Raises JsonRpcError, whose message never repeats the body.

    Batches are refused: `parse_batch` reads them, for the one revision that has them. Answers are refused too, because
    this server sends no requests to clients.
    """
    if is_batch(body):
        raise JsonRpcError(INVALID_REQUEST, "The body must be one JSON-RPC message, not a batch.")
    return _request(_document(body))


def parse_batch(body: bytes, *, longest: int) -> tuple[JsonRpcRequest, ...]:
    """Read a batch of at most `longest` requests and notifications. Raises JsonRpcError for the whole batch."""
    document = _document(b'{"batch":' + body + b"}")  # so that a batch is read as strictly as a single message
    messages = document["batch"]
    if len(document) > 1 or not isinstance(messages, list):
        raise JsonRpcError(PARSE_ERROR, "The body is not a well-formed JSON array.")
    if not 0 < len(messages) <= longest:
        raise JsonRpcError(INVALID_REQUEST, f"A batch must contain at least one message, and at most {longest}.")
    if not all(isinstance(each, dict) for each in messages):
        raise JsonRpcError(INVALID_REQUEST, "A batch must contain JSON-RPC messages only.")
    return tuple(_request(each) for each in messages)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = parse_object(body)
    except MalformedJson as error:
        raise JsonRpcError(PARSE_ERROR, "The body is not a well-formed JSON object.") from error
    if _too_deep(document):
        raise JsonRpcError(INVALID_REQUEST, f"The body nests deeper than {MAX_DEPTH} levels.")
    return document


def _request(document: dict[str, Any]) -> JsonRpcRequest:
    method, params, request_id = document.get("method"), document.get("params", {}), document.get("id")
    if document.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise JsonRpcError(INVALID_REQUEST, "The body must be a JSON-RPC 2.0 request or notification.")
    if not isinstance(params, dict):
        raise JsonRpcError(INVALID_REQUEST, "params must be an object.")
    if "id" in document and (not isinstance(request_id, str | int) or isinstance(request_id, bool)):
        raise JsonRpcError(INVALID_REQUEST, "id must be a string or a whole number.")
    return JsonRpcRequest(method, params, request_id, document)


def _too_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterator[Any]:
    members = value.values() if isinstance(value, dict) else value
    return (each for each in members if isinstance(each, dict | list))
