"""`python -m tests.on_behalf_of.mcp.openapi.measure FILE…`: how many operations of an API become tools.

The files are OpenAPI documents in JSON or YAML, such as other projects publish. Operations that name no scope get one,
because this measures shapes: a server would refuse them. Every tool is judged by the rules of the model vendors, and
the tokens of `tools/list` are counted, for which the npm packages have to be installed.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from on_behalf_of.mcp.openapi.description import parsed
from on_behalf_of.mcp.openapi.generated_tool import generated_tool
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.naming import distinct, version_of
from on_behalf_of.mcp.openapi.operation import raw_operations, read_operation, scopes_of
from on_behalf_of.mcp.openapi.overview import listed
from on_behalf_of.mcp.tool import Tool
from tests.groups import node
from tests.on_behalf_of.mcp.openapi.vendor_rules import problems

COUNT = Path(__file__).with_name("count_tokens.mjs")


@dataclass
class Measured:
    """What came of one document."""

    tools: dict[str, Tool] = field(default_factory=dict)  # by operation
    left_out: dict[str, str] = field(default_factory=dict)  # operation -> reason
    refused: dict[str, list[str]] = field(default_factory=dict)  # operation -> vendors' rules that its tool breaks

    @property
    def share(self) -> float:
        return len(self.tools) / (len(self.tools) + len(self.left_out))


def measured(document: Mapping[str, Any], *, supply_scopes: bool = True) -> Measured:
    found = Measured()
    names = set[str]()
    for name, method, path, raw in raw_operations(document):
        is_scoped = not supply_scopes or scopes_of(document, raw)
        content = raw if is_scoped else {**raw, "security": [{"measured": ["supplied"]}]}
        try:
            operation = read_operation(document, name, method, path, content)
            tool = generated_tool(operation)
            tool = generated_tool(operation, name=distinct(tool.name, names, version=version_of(path)))
        except LeftOut as why:
            found.left_out[name] = str(why)
            continue
        names.add(tool.name)
        found.tools[name] = tool
        if broken := problems(as_json(tool)):
            found.refused[name] = broken
    return found


def as_json(tool: Tool) -> dict[str, Any]:
    """Return the tool as a client receives it."""
    whole: dict[str, Any] = json.loads(json.dumps(listed(tool)))
    return whole


def tokens(tools: Iterable[Tool]) -> int:
    """Return the tokens of `tools/list`, counted in Node by a tokenizer that ships OpenAI's ranks."""
    whole = json.dumps({"tools": [as_json(tool) for tool in tools]}, ensure_ascii=False, separators=(",", ":"))
    command = [str(node() or "node"), str(COUNT)]
    done = subprocess.run(command, input=whole, capture_output=True, text=True, check=True, encoding="utf-8")
    return int(done.stdout)


def main() -> None:
    for file in map(Path, sys.argv[1:]):
        found = measured(parsed(file.read_bytes(), str(file)))
        count = len(found.tools) + len(found.left_out)
        size = tokens(found.tools.values())
        sys.stdout.write(f"{file.name}: {len(found.tools)} of {count} operations become tools ({found.share:.1%}), ")
        sys.stdout.write(
            f"{size:,} tokens, {size / len(found.tools):.0f} each; {len(found.refused)} break a vendor's rule\n"
        )
        for reason, number in Counter(found.left_out.values()).most_common():
            sys.stdout.write(f"  {number} left out: {reason}\n")


if __name__ == "__main__":
    main()
