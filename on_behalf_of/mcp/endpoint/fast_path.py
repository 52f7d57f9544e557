"""Answer the usual requests without the SDK, in the bytes that it would send.

The SDK makes a server, streams and tasks for each request, which costs several times what the call itself does. So a
`tools/call` or `tools/list` in one of the forms that clients send is answered here. Everything else is the SDK's:
requests for progress, batches, unknown members, tools and headers, and every request that it would refuse.
"""

import json
import sys
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import pydantic_core

from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Headers, Message, Receive, Scope, Send
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.endpoint.protocol_revision import (
    SERVED,
    SINGLE_REQUESTS,
    STATED_REVISION,
    WITH_HANDSHAKE,
    WITHOUT_HEADER,
)
from on_behalf_of.mcp.endpoint.server_identity import NAME, SERVER_INFO, TITLE, VERSION
from on_behalf_of.mcp.endpoint.tool_caller import ToolCaller
from on_behalf_of.mcp.served_request import served_request
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.mcp.tool_result import ToolResult

_READ_HEADERS = {b"accept", b"content-type", b"content-length", b"mcp-protocol-version", b"mcp-method", b"mcp-name"}
CLIENT_INFO = "io.modelcontextprotocol/clientInfo"  # members of `params._meta`
CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
_LARGEST_ID = 2**53  # JSON parsers agree on whole numbers up to here (RFC 8259 §6)
_MOST_NESTED = 64  # objects and arrays in an answer; the SDK refuses to write those that nest too deep
_LONGEST_META = 2_000  # characters; longer ones are not remembered
_LISTS = 64  # answers to tools/list that are kept: one for each revision and each set of tools that a user may see


class FastPath:
    """An ASGI app behind the gate, which answers the usual requests itself, and lets `sdk` answer the others."""

    def __init__(self, registry: ToolRegistry, caller: ToolCaller, sdk: AsgiApp) -> None:
        self._registry, self._caller, self._sdk = registry, caller, sdk
        # Arguments of the others must match headers, which the SDK checks (MCP 2026-07-28 §Custom Headers).
        self._tools = {tool.name: tool for tool in registry if "x-mcp-header" not in json.dumps(tool.input_schema)}
        self._lists: dict[tuple[str, tuple[str, ...]], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served, revision = served_request(scope), _usual_revision(scope["headers"])
        request = served.request
        if revision is None or request is None or not _is_usual(request, revision) or _reports_spans():
            await self._sdk(scope, receive, send)
        elif request.method == "tools/list":
            head = _head(request, revision)
            key = revision, tuple(tool.name for tool in self._registry.visible_to(served.caller.token))
            if listed := self._lists.get(key):
                await _send(head + listed, revision, send)
            else:
                body = await _body_of(self._sdk, scope, receive, send)
                if body.startswith(head) and len(self._lists) < _LISTS:
                    self._lists[key] = body.removeprefix(head)
        elif tool := self._tools.get(request.params["name"]):
            served.result = await self._caller.call(tool, {**request.params.get("arguments", {})}, served)
            if written := _written(served.result, revision):
                await _send(_head(request, revision) + written + b"}", revision, send)
            else:  # it may be one that the SDK refuses to write
                await self._sdk(scope, receive, send)
        else:
            await self._sdk(scope, receive, send)


def _usual_revision(headers: Headers) -> str | None:
    """Return the revision of a request whose headers the SDK accepts; None if it might refuse them.

    The gate has checked those that repeat what the body says.
    """
    read = [(name, value) for name, value in headers if name in _READ_HEADERS]
    found = dict(read)
    is_usual = (
        len(found) == len(read)
        and all(value == value.strip(b" \t") for value in found.values())  # the gate ignores blanks
        and _accepts_json(found.get(b"accept", b""))
        and found.get(b"content-type", b"").startswith(b"application/json")
        and found.get(b"content-length", b"0").isdigit()
    )
    revision = found.get(b"mcp-protocol-version", WITHOUT_HEADER.encode()).decode("latin-1")
    return revision if is_usual and revision in SERVED else None


@lru_cache(maxsize=64)
def _accepts_json(accept: bytes) -> bool:
    return b"application/json" in {each.partition(b";")[0].strip(b" \t") for each in accept.split(b",")}


def _is_usual(request: JsonRpcRequest, revision: str) -> bool:
    """Return whether the SDK would neither refuse the request nor stream its answer."""
    params, request_id = request.params, request.id
    match request.method:
        case "tools/call":
            is_usual = (
                params.keys() <= {"name", "arguments", "_meta"}
                and isinstance(params.get("name"), str)
                and isinstance(params.get("arguments", {}), dict)
            )
        case "tools/list":
            is_usual = params.keys() <= {"_meta"}
        case _:
            return False
    return (
        is_usual
        and request.document.keys() <= {"jsonrpc", "id", "method", "params"}
        and (isinstance(request_id, str) or (request_id is not None and abs(request_id) <= _LARGEST_ID))
        and _has_valid_meta(request, revision)
    )


def _has_valid_meta(request: JsonRpcRequest, revision: str) -> bool:
    """Return whether the SDK accepts `params._meta`. It is asked once for each form."""
    if "_meta" not in request.params:
        return revision in WITH_HANDSHAKE  # the current revision requires it
    meta = request.params["_meta"]
    if not isinstance(meta, dict) or "progressToken" in meta:
        return False
    if isinstance(meta.get("traceparent"), str):  # differs between requests, and may be any text
        meta = {**meta, "traceparent": ""}
    if revision == SINGLE_REQUESTS and _is_plain(meta):
        return True
    # The SDK judges other forms. Until it is loaded, it gets the request: here, loading would stop the event loop.
    parse = getattr(sys.modules.get("mcp_types.methods"), "parse_client_request", None)
    text = json.dumps(meta)
    return parse is not None and len(text) <= _LONGEST_META and _is_accepted(parse, request.method, revision, text)


@lru_cache(maxsize=256)
def _is_accepted(parse: Callable[..., object], method: str, revision: str, meta: str) -> bool:
    params = {"_meta": json.loads(meta)} | ({"name": "a", "arguments": {}} if method == "tools/call" else {})
    try:
        parse(method, revision, params)
    except pydantic_core.ValidationError:
        return False
    return True


def _is_plain(meta: dict[str, Any]) -> bool:
    """Return whether `_meta` has what the current revision asks for, in the form in which clients send it."""
    client, capabilities = meta.get(CLIENT_INFO), meta.get(CLIENT_CAPABILITIES)
    return (
        meta.keys() <= {STATED_REVISION, CLIENT_INFO, CLIENT_CAPABILITIES, "traceparent"}
        and isinstance(meta.get(STATED_REVISION), str)
        and isinstance(meta.get("traceparent", ""), str)
        and isinstance(client, dict)
        and {"name", "version"} <= client.keys() <= {"name", "version", "title"}
        and all(isinstance(value, str) for value in client.values())
        and isinstance(capabilities, dict)
        and all(_is_plain_capability(name, value) for name, value in capabilities.items())
    )


def _is_plain_capability(name: str, value: object) -> bool:
    match name, value:
        case "roots", {"listChanged": bool(), **further}:
            return not further
        case "elicitation", dict():
            return value.keys() <= {"form", "url"} and all(each == {} for each in value.values())
    return name in {"roots", "sampling"} and value == {}


def _reports_spans() -> bool:
    """Return whether the process traces globally; then the SDK has a span of its own to report."""
    trace = sys.modules.get("opentelemetry.trace")  # a process that traces has loaded it
    return trace is not None and not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _head(request: JsonRpcRequest, revision: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":' + _WRITE[revision == SINGLE_REQUESTS](request.id) + b',"result":'


def _written(result: ToolResult, revision: str) -> bytes | None:
    """Return the result of a tools/call as the SDK writes it; None if it may be one that the SDK refuses to write."""
    is_modern, is_error = revision == SINGLE_REQUESTS, result.structured is None
    document: dict[str, Any] = {
        "content": [{"text": text, "type": "text"} for text in result.texts],
        "isError": is_error,
    }
    if is_modern:
        document["resultType"] = "complete"
    if is_error:
        if not all(map(_is_unicode, result.texts)):
            return None
    else:
        as_json = result.texts[-1]
        if as_json.count("{") + as_json.count("[") > _MOST_NESTED:
            return None
        document["structuredContent"] = result.structured
    if is_modern:
        document["_meta"] = {SERVER_INFO: {"name": NAME, "title": TITLE, "version": VERSION}}
    return _WRITE[is_modern](document)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


# The SDK writes the two eras with different libraries, which differ in what they escape and how they write floats.
_ascii = json.JSONEncoder(separators=(",", ":"))
_WRITE: dict[bool, Callable[[Any], bytes]] = {
    False: pydantic_core.to_json,
    True: lambda document: _ascii.encode(document).encode(),
}


async def _send(body: bytes, revision: str, send: Send) -> None:
    headers: Headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if revision == SINGLE_REQUESTS:
        headers.reverse()
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body_of(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> bytes:
    """Let `app` answer; return the body that it sent with a 200, else nothing."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)
        await send(message)

    await app(scope, receive, keep)
    match messages:
        case [{"status": HTTPStatus.OK}, {"body": bytes(body)}]:
            return body
    return b""
