from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ToolResult:
    """What the client is told about a finished call, in any revision of MCP."""

    texts: tuple[str, ...]
    structured: dict[str, Any] | None = None  # None: the call failed
