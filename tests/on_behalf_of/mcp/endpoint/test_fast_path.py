"""The fast path answers the usual requests, and its answers are the SDK's, byte for byte."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Message, Receive, Scope, Send
from on_behalf_of.mcp.endpoint.fast_path import FastPath
from on_behalf_of.mcp.observer import Observer
from on_behalf_of.mcp.records.call_record import CallRecord
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.endpoint.odd_tools import MISSING, TOOLS
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import MODERN, RunningBridge

pytestmark = pytest.mark.anyio

REVISIONS = ["2025-03-26", "2025-06-18", "2025-11-25", MODERN]
META = "io.modelcontextprotocol/"
NAMES = [tool.name for tool in TOOLS]
DEEP = 300  # more than the SDK can write


@dataclass
class Request:
    """A POST to the endpoint, in one of the forms that clients send unless it is changed."""

    revision: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)  # in addition, or in place of others; "" removes one
    is_ascii: bool = True  # whether other characters are escaped
    repeated: str = ""  # a header that is sent twice
    in_batch: int = 0  # how often it is in a batch; 0 is no batch

    def asgi(self, token: str) -> tuple[Scope, bytes]:
        params = self.body.get("params")
        name = params.get("name") if isinstance(params, dict) else None
        headers = {
            "host": "localhost",
            "authorization": f"Bearer {token}",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            "mcp-protocol-version": self.revision,
        }
        if self.revision == MODERN:
            mirrored = {"mcp-method": self.body.get("method"), "mcp-name": name}
            headers |= {key: value for key, value in mirrored.items() if _is_header_value(value)}
        headers |= self.headers
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value]
        pairs += [pair for pair in pairs if pair[0] == self.repeated.encode()]
        content = json.dumps(
            self.body if not self.in_batch else [self.body] * self.in_batch, ensure_ascii=self.is_ascii
        )
        return {
            "type": "http",
            "method": "POST",
            "path": "/mcp",
            "query_string": b"",
            "headers": pairs,
        }, content.encode()


def _is_header_value(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.isascii() and value.isprintable()


@dataclass
class Asked:
    """A bridge, and what it told its operator."""

    bridge: RunningBridge
    measured: list[tuple[Any, ...]] = field(default_factory=list)

    async def answer(self, request: Request, token: str) -> tuple[Any, ...]:
        """Return the HTTP answer, everything that was measured, and what was recorded."""
        scope, content = request.asgi(token)
        pending, sent = [{"type": "http.request", "body": content, "more_body": False}], list[Message]()

        async def receive() -> Message:
            if pending:
                return pending.pop()
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        with anyio.fail_after(20):
            await self.bridge.app(scope, receive, send)
        measured, self.measured[:] = tuple(self.measured), []
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return int(sent[0]["status"]), sent[0]["headers"], body, measured

    def replace_app(self, app: AsgiApp) -> None:
        """Let `app` answer from now on, behind the gate."""
        self.bridge.app = replace(self.bridge.app, gate=replace(self.bridge.app.gate, app=app))

    def without_sdk(self) -> None:
        """Fail from now on if the SDK gets a request."""
        assert isinstance(self.bridge.app.gate.app, FastPath)
        self.bridge.app.gate.app._sdk = unreachable


@asynccontextmanager
async def asked(tenant: FakeTenant, api: FakeApi, *, by: str) -> AsyncIterator[Asked]:
    """A bridge that answers by the "fast path", or by the "SDK" alone."""
    bridge = RunningBridge(tenant, api)
    bridge.registry = TOOLS
    both = Asked(bridge)
    observer = Observer(
        called=lambda tool, outcome, seconds: both.measured.append((tool, outcome)),
        refused=lambda reason: both.measured.append((reason,)),
    )
    bridge.configure(observer=observer)
    async with bridge:
        if by == "SDK":
            both.replace_app(bridge.app.sdk)
        yield both


async def unreachable(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the SDK got the request")


def call(revision: str, tool: str = "echo", /, **arguments: Any) -> Request:
    return request(revision, "tools/call", name=tool, arguments=arguments)


def request(revision: str, method: str, /, **params: Any) -> Request:
    if revision == MODERN:
        info, capabilities = {"name": "test", "version": "1"}, {"elicitation": {}, "roots": {"listChanged": True}}
        params["_meta"] = {
            f"{META}protocolVersion": MODERN,
            f"{META}clientInfo": info,
            f"{META}clientCapabilities": capabilities,
        }
    return Request(revision, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


USUAL = {
    "a call": lambda revision: call(revision, word="ä"),
    "without arguments": lambda revision: request(revision, "tools/call", name="echo"),
    "a failing tool": lambda revision: call(revision, "crashes"),
    "invalid arguments": lambda revision: call(revision, "strict", title="longer than five"),
    "a long text": lambda revision: call(revision, text="x" * 100_000),
    "an id in words": lambda revision: replace(call(revision), body=call(revision).body | {"id": "é-1"}),
    "a trace": lambda revision: with_meta(call(revision), traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01"),
    "any format": lambda revision: replace(call(revision), headers={"accept": "application/json;q=0.9, */*"}),
    "a charset": lambda revision: replace(call(revision), headers={"content-type": "application/json; charset=utf-8"}),
}  # fmt: skip


def with_meta(request: Request, **meta: Any) -> Request:
    request.body["params"].setdefault("_meta", {}).update(meta)
    return request


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("case", USUAL)
async def test_the_usual_calls_do_not_reach_the_sdk(tenant: FakeTenant, api: FakeApi, case: str, revision: str) -> None:
    async with asked(tenant, api, by="fast path") as fast, asked(tenant, api, by="SDK") as sdk:
        fast.without_sdk()
        token = fast.bridge.token()
        answer = await fast.answer(USUAL[case](revision), token)
        assert answer[0] == 200
        assert answer == await sdk.answer(USUAL[case](revision), token)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_sdk_lists_the_tools_once_for_all_who_may_see_the_same(
    tenant: FakeTenant, api: FakeApi, revision: str
) -> None:
    lists = request(revision, "tools/list")
    async with asked(tenant, api, by="fast path") as fast, asked(tenant, api, by="SDK") as sdk:
        sees_all, sees_less = (fast.bridge.token(permissions=held) for held in ([MISSING], []))
        assert await fast.answer(lists, sees_all) == await sdk.answer(lists, sees_all)
        assert await fast.answer(lists, sees_less) == await sdk.answer(lists, sees_less)
        fast.without_sdk()
        for request_id in (2, "é"):
            lists.body["id"] = request_id
            for token in (sees_all, sees_less):
                answer = await fast.answer(lists, token)
                assert answer == await sdk.answer(lists, token)
                assert (b"needs_more" in answer[2]) == (token == sees_all)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_result_that_the_sdk_may_not_write_is_left_to_it_and_the_tool_runs_once(
    tenant: FakeTenant, api: FakeApi, revision: str
) -> None:
    async with asked(tenant, api, by="fast path") as fast, asked(tenant, api, by="SDK") as sdk:
        token = fast.bridge.token()
        for made in (call(revision, "nests", depth=DEEP), call(revision, "changes_its_arguments")):
            assert await fast.answer(made, token) == await sdk.answer(made, token)
    assert [record.tool for record in fast.bridge.calls] == ["nests", "changes_its_arguments"]


async def test_a_process_that_traces_globally_keeps_the_spans_of_the_sdk(
    tenant: FakeTenant, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", TracerProvider())
    async with asked(tenant, api, by="fast path") as fast:
        fast.without_sdk()
        assert (await fast.answer(call(MODERN), fast.bridge.token()))[0] == 500


TEXT = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT | st.sampled_from(["text", "title", "number", "depth", "_meta", "isError"]), JSON)
ARGUMENTS = OBJECT | st.fixed_dictionaries(
    {}, optional={"title": TEXT, "number": st.integers() | st.floats(), "text": TEXT, "depth": st.integers(0, 300)}
)
ODD_IDS = [
    "",
    " ",
    "1",
    "é",
    "\0",
    "_GET_stream",
    "x" * 200,
    0,
    -1,
    2**31,
    2**53,
    2**53 + 1,
    -(2**63),
    2**64,
    2**200,
    1.5,
]
ODD_META: dict[str, st.SearchStrategy[Any]] = {
    "traceparent": TEXT | JSON,
    "tracestate": TEXT,
    "progressToken": st.integers() | JSON,
    "x" * 3_000: JSON,
    f"{META}logLevel": st.sampled_from(["debug", "loud"]),
    f"{META}protocolVersion": st.sampled_from(REVISIONS) | JSON,
    f"{META}clientInfo": st.fixed_dictionaries({"name": TEXT | JSON, "version": TEXT}, optional={"title": JSON}) | JSON,
    f"{META}clientCapabilities": st.dictionaries(
        st.sampled_from(["sampling", "elicitation", "roots", "extensions", "experimental", "tasks"]), OBJECT | JSON
    ) | JSON,
}  # fmt: skip
ODD_HEADERS = {
    "accept": [
        "",
        "text/html",
        "*/*",
        "application/*",
        "text/event-stream",
        "Application/JSON",
        "application/json ; q=0",
    ],
    "content-type": ["application/json;x=y", "Application/JSON", " application/json", "application/json , text/html"],
    "content-length": ["5", "+5", "99999999999", "five"],
    "mcp-protocol-version": ["", *REVISIONS, " 2025-06-18", f"{MODERN} ", "2024-11-05", "2099-01-01"],
    "mcp-method": ["", "tools/list", "tools/call", " tools/call", "TOOLS/CALL"],
    "mcp-name": ["", "echo", "echo ", "=?base64?ZWNobw==?=", "=?base64?!?="],
    "mcp-param-title": ["x", "=?base64?eA==?="],
    "mcp-session-id": ["1"],
    "last-event-id": ["1"],
    "origin": ["http://localhost:6274", "https://elsewhere.example"],
    "traceparent": ["00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x"],
}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Return a usual request, or one with up to three oddities."""
    revision = draw(st.sampled_from(REVISIONS))
    made = request(revision, "tools/list")
    if draw(st.integers(0, 4)):
        made = call(revision, draw(st.sampled_from(NAMES)), **draw(ARGUMENTS))
    made.is_ascii = draw(st.booleans())
    made.in_batch = draw(st.sampled_from([0] * 9 + [1, 2])) if revision == REVISIONS[0] else 0
    for oddity in draw(
        st.lists(st.sampled_from(["id", "body", "method", "params", "meta", "headers", "repeated"]), max_size=3)
    ):
        body, params = made.body, made.body.get("params")
        match oddity:
            case "id":
                body["id"] = draw(st.sampled_from(ODD_IDS) | TEXT | st.integers() | JSON)
            case "body":
                name = draw(st.sampled_from(["result", "error", "jsonrpc", "method", "id", "params"]) | TEXT)
                body.pop(name, None)
                if draw(st.booleans()):
                    body[name] = draw(JSON)
            case "method":
                body["method"] = draw(st.sampled_from(["ping", "tools/list", "tools/call", "no/such", "initialize"]))
            case "params" if isinstance(params, dict):
                name = draw(st.sampled_from(["name", "arguments", "cursor", "task", "_meta"]) | TEXT)
                params.pop(name, None)
                if draw(st.booleans()):
                    params[name] = draw(JSON | st.sampled_from(NAMES))
            case "meta" if isinstance(params, dict) and isinstance(params.setdefault("_meta", {}), dict):
                name = draw(st.sampled_from(list(ODD_META)))
                params["_meta"].pop(name, None)
                if draw(st.booleans()):
                    params["_meta"][name] = draw(ODD_META[name])
            case "headers":
                name = draw(st.sampled_from(list(ODD_HEADERS)))
                made.headers[name] = draw(st.sampled_from(ODD_HEADERS[name]))
            case "repeated":
                made.repeated = draw(st.sampled_from([*ODD_HEADERS, "authorization", "host"]))
    return made


@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],  # each example is many requests, which would take minutes to shrink
)
@given(
    made=st.lists(requests(), min_size=10, max_size=20),
    held=st.sampled_from([{}, {"permissions": []}, {"permissions": [MISSING]}, {"scope": f"{MISSING} tool:forbidden"}]),
)
def test_every_answer_is_the_one_of_the_sdk(
    tenant: FakeTenant, api: FakeApi, made: list[Request], held: dict[str, Any]
) -> None:
    async def play() -> None:
        async with asked(tenant, api, by="fast path") as fast, asked(tenant, api, by="SDK") as sdk:
            token = fast.bridge.token(**held)
            for each in made:
                assert await fast.answer(each, token) == await sdk.answer(each, token), each
        recorded, expected = fast.bridge.calls, sdk.bridge.calls
        assert list(map(seen, recorded)) == list(map(seen, expected))

    anyio.run(play)


def seen(record: CallRecord) -> tuple[object, ...]:
    """Return what does not depend on the time."""
    trace = record.trace.id if record.trace.from_caller else ""
    return record.tool, record.request_id, record.arguments_digest, record.outcome, record.reason, trace
