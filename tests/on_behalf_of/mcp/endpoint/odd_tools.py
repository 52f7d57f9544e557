"""Tools that answer as they are told, and fail in every way that tools can."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from on_behalf_of.exchange.errors import SubjectTokenRejected
from on_behalf_of.mcp.schema import ANY_OBJECT
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_error import ToolError
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.call_error import CallerGone, CallError, Outcome

STRICT = {
    "type": "object",
    "properties": {"title": {"type": "string", "maxLength": 5}, "number": {"type": "integer"}},
    "required": ["title"],
    "additionalProperties": False,
}
MIRRORED = {"type": "object", "properties": {"title": {"type": "string", "x-mcp-header": "Title"}}}
MISSING, NOT_GRANTABLE = "tool:missing", "tool:forbidden"


def echo(call: ToolCall) -> ToolAnswer:
    """Return the arguments, with the text among them as the sentence for people."""
    text = call.arguments.get("text")
    return ToolAnswer(call.arguments, text if isinstance(text, str) else "")


def rejects(call: ToolCall) -> ToolAnswer:
    """Fail because the tenant no longer accepts the token."""
    raise SubjectTokenRejected(400, "invalid_grant", "expired")


def rejects_late(call: ToolCall) -> ToolAnswer:
    """Fail in the same way after a request that may have changed data."""
    call.api.served.has_written = True
    raise SubjectTokenRejected(400, "invalid_grant", "expired")


def crashes(call: ToolCall) -> ToolAnswer:
    """Fail because of a mistake in the tool."""
    raise RuntimeError("secret")


def nests(call: ToolCall) -> ToolAnswer:
    """Answer with as many lists in each other as asked."""
    value: Any = []
    for _ in range(call.arguments.get("depth", 1)):
        value = [value]
    return ToolAnswer({"nested": value})


def fails(call: ToolCall) -> ToolAnswer:
    """Fail with the text that it is given."""
    raise ToolError(str(call.arguments.get("text", "")))


def fails_illegibly(call: ToolCall) -> ToolAnswer:
    """Fail with a text that is not Unicode."""
    raise ToolError("half of a \ud83d pair")


def answers_nonsense(call: ToolCall) -> ToolAnswer:
    """Answer with what is not JSON."""
    return ToolAnswer({"number": float("nan")})


def changes_its_arguments(call: ToolCall) -> ToolAnswer:
    """Answer at great depth after it changed its arguments."""
    arguments: Any = call.arguments
    arguments["object"] = object()
    return nests(ToolCall({"depth": 300}, call.caller, call.api))


class Odd(CallError):
    outcome, reason = Outcome.TOOL_ERROR, "odd"


def every_kind(kind: type[CallError] = CallError) -> Iterator[type[CallError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every_kind(each)


def raising(kind: type[CallError]) -> Callable[[ToolCall], ToolAnswer]:
    def answer(call: ToolCall) -> ToolAnswer:
        error = kind.__new__(kind)
        Exception.__init__(error, f"Failed: {call.arguments.get('text', 'ünkown')}")
        raise error

    return answer


def tool(answer: Callable[[ToolCall], ToolAnswer], name: str = "", **changes: Any) -> Tool:
    schema: Mapping[str, Any] = changes.pop("input_schema", ANY_OBJECT)
    return Tool(answer, name=name, input_schema=schema, calls_api=False, **changes)


KINDS = sorted({each for each in every_kind() if each is not CallerGone}, key=lambda kind: kind.__name__)
SIMPLE = [echo, rejects, rejects_late, crashes, nests, fails, fails_illegibly, answers_nonsense, changes_its_arguments]
TOOLS = ToolRegistry(
    [
        *(tool(answer) for answer in SIMPLE),
        tool(echo, "strict", input_schema=STRICT),
        tool(echo, "mirrored", input_schema=MIRRORED),
        tool(echo, "breaks_its_schema", output_schema={"type": "object", "required": ["never"]}),
        tool(echo, "needs_more", scopes=(MISSING,)),
        tool(echo, "needs_the_impossible", scopes=(NOT_GRANTABLE,)),
        *(tool(raising(kind), f"raises_{kind.__name__}", description="Fails.") for kind in KINDS),
    ]
)
