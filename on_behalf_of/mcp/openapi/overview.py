"""List an API's operations, each with its tool and the tool's tokens, or the reason why it cannot be a tool."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from on_behalf_of.mcp.openapi.generated_tool import generated_tool
from on_behalf_of.mcp.openapi.generated_tools import GeneratedTools
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.lock_file import ToolsNotLocked, changes
from on_behalf_of.mcp.openapi.operation import raw_operations, read_operation
from on_behalf_of.mcp.tool import Tool, ToolDeclarationError

CHARACTERS_OF_A_TOKEN = 4.2  # of these lists; measured with OpenAI's o200k_base
MANY = 30  # tools; with more of them, models choose less well
TOO_MANY = 100  # tools; some clients take no more


@dataclass(frozen=True)
class Line:
    """One operation of the API."""

    operation: str
    address: str  # GET /api/notes/
    state: str  # "tool", "changed", "not named", "lacks" or "gone"
    tool: str = ""  # the name that it has, or would get
    scopes: tuple[str, ...] = ()
    tokens: int = 0
    reason: str = ""  # what it lacks, or what changed


def lines(generated: GeneratedTools, document: Mapping[str, Any]) -> Iterator[Line]:
    """Yield each operation of the API in the document's order, then those that are named and gone."""
    try:
        locked = generated.locked
    except ToolsNotLocked:
        locked = None
    named = set(generated.operations if generated.operations is not None else locked.pins if locked else ())
    seen = set[str]()
    for name, method, path, raw in raw_operations(document):
        seen.add(name)
        address = f"{method} {path}"
        try:
            operation = read_operation(document, name, method, path, raw)
            pin = locked.pins.get(name) if locked else None
            tool = generated_tool(
                operation, name=pin.tool if pin else generated.names.get(name, ""), scopes=generated.scopes
            )
        except (LeftOut, ToolDeclarationError) as why:
            yield Line(name, address, "lacks", reason=str(why))
            continue
        changed = changes(locked.document, document, name) if locked and pin and name in named else []
        state = "changed" if changed else "tool" if name in named else "not named"
        yield Line(name, address, state, tool.name, operation.scopes, tokens_of(tool), "; ".join(changed))
    for name in sorted(named - seen):
        yield Line(name, "", "gone", reason="the API has no operation of that name")


def tokens_of(tool: Tool) -> int:
    """Return about how many tokens a tool costs in `tools/list`."""
    text = json.dumps(listed(tool), ensure_ascii=False, separators=(",", ":"))
    return round(len(text) / CHARACTERS_OF_A_TOKEN)


def listed(tool: Tool) -> dict[str, Any]:
    """Return the tool as clients are shown it."""
    whole = {
        "name": tool.name,
        "title": tool.listed_title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.listed_output_schema,
        "annotations": tool.hints,
    }
    return {name: value for name, value in whole.items() if value}


def size_warning(number: int) -> str:
    """Return what to say about that many tools; empty if they are not too many."""
    if number > TOO_MANY:
        return f"{number} tools: some clients take at most {TOO_MANY}, others 128. Name fewer operations."
    return (
        f"{number} tools: models choose worse from about {MANY} on. Name the operations that agents need."
        if number > MANY
        else ""
    )
