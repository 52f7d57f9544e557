"""What a tool is: one declaration that drives listing, calling, metadata and challenges alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_bridge.schema import Schema

if TYPE_CHECKING:  # the other services read the scopes of the tools and need not load an HTTP client for it
    from mcp_bridge.downstream import Downstream
    from resource_server.access_token import AccessToken


@dataclass(frozen=True)
class ToolCall:
    """One call as the tool sees it: never a token, only who calls and an API client bound to the caller."""

    arguments: Mapping[str, Any]  # already valid against the tool's input schema
    caller: AccessToken  # the verified claims of token A
    api: Downstream  # exchanges a token only once the tool really calls the API


@dataclass(frozen=True)
class ToolAnswer:
    """What a tool answers: the same thing for programs and for people."""

    structured: Mapping[str, Any]  # must be valid against the tool's output schema
    text: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool as declared. `answer` is a plain blocking function; it runs in a worker thread."""

    name: str
    title: str
    description: str
    input_schema: Schema
    output_schema: Schema
    answer: Callable[[ToolCall], ToolAnswer]
    scopes: tuple[str, ...] = ()  # what token A must carry
    downstream_scopes: tuple[str, ...] = ()  # what token B is asked for; () means the configured default
    calls_api: bool = True  # False keeps the call out of the queue for the API
    asked_at_login: bool = True  # False: clients ask for the scopes once the tool is first called (step-up)
    # Hints to the client (MCP ToolAnnotations). A tool only reads unless it says otherwise.
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
