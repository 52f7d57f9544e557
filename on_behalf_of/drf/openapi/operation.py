from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """Texts and examples for one operation of the description; the rest is generated from its view.

    `tool` says how an MCP server should offer the operation, as the arguments of `mcp_tool` do.
    """

    summary: str
    description: str = ""  # empty: the view's docstring
    request: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    tool: dict[str, Any] | None = None
