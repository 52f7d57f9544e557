"""Declare a tool. One `Tool` determines its listing, calls, metadata, challenges and pages."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.schema import ANY_OBJECT, NO_ARGUMENTS, Schema
from on_behalf_of.primitives.scope_syntax import is_scope

if TYPE_CHECKING:  # other services read the tools' scopes, and need not load an HTTP client for that
    from on_behalf_of.mcp.api.client import Downstream
    from on_behalf_of.resource_server.access_token import AccessToken

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")  # MCP tools §Tool Names


class ToolDeclarationError(ImproperlyConfigured):
    """A tool's declaration is invalid. No service starts with one, because all of them read the tools' scopes."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"The declaration of the tool {name} is invalid: {what}.")


@dataclass(frozen=True)
class ToolCall:
    """One call as the tool sees it: the arguments, who calls, and an API client bound to the caller. No token."""

    arguments: Mapping[str, Any]  # already valid against the tool's input schema
    caller: AccessToken  # the verified claims of token A
    api: Downstream  # exchanges the token when the tool first calls the API


@dataclass(frozen=True)
class ToolAnswer:
    """A tool's answer, once for programs and once for people."""

    structured: Mapping[str, Any]  # must be valid against the tool's output schema
    text: str = ""  # one sentence; without it, people see the structured answer


@dataclass(frozen=True)
class Tool:
    """A tool as declared. `answer` is a plain blocking function; it runs in a worker thread.

    Name and description are those of the function unless given. Raises ToolDeclarationError. The schemas themselves are
    checked when the MCP server starts (`json_schema.check_schemas`).
    """

    answer: Callable[[ToolCall], ToolAnswer]
    _: KW_ONLY
    scopes: tuple[str, ...] = ()  # that token A must have
    downstream_scopes: tuple[str, ...] = ()  # of token B; () means the configured default
    name: str = ""  # the function's
    title: str = ""  # made from the name
    description: str = ""  # the first paragraph of the function's docstring
    input_schema: Schema = field(default_factory=lambda: NO_ARGUMENTS)
    output_schema: Schema = field(default_factory=lambda: ANY_OBJECT)
    judged_by: Schema | None = field(default=None, repr=False)  # judges the arguments; None: the input schema
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None  # turns what models give into what is judged
    origin: str = ""  # the API's operation that a generated tool calls, such as "GET /api/notes/"
    calls_api: bool = True  # False keeps the call out of the queue for the API
    asked_at_login: bool = True  # False: clients ask for the scopes once the tool is first called (step-up)
    # Hints to the client (MCP ToolAnnotations). A tool only reads unless it says otherwise.
    read_only: bool = True
    destructive: bool = False
    idempotent: bool | None = None  # None: the same as read_only
    open_world: bool = False

    def __post_init__(self) -> None:
        name = self.name or self.answer.__name__
        paragraph = (inspect.getdoc(self.answer) or "").partition("\n\n")[0]
        self._default("name", name)
        self._default("title", _title_of(name))
        self._default("description", " ".join(paragraph.split()))
        if self.idempotent is None:
            object.__setattr__(self, "idempotent", self.read_only)
        if what := self._mistake():
            raise ToolDeclarationError(self.name, what)

    @property
    def schemas(self) -> tuple[tuple[str, Schema], ...]:
        """Return the schemas that clients are shown, each with the name of its field."""
        return (("input_schema", self.input_schema), ("output_schema", self.output_schema))

    @property
    def hints(self) -> dict[str, bool]:
        """Return the hints as MCP's ToolAnnotations, without those that say what clients assume anyway.

        They assume that a tool changes things, destroys, must not be repeated, and reaches other systems. For one that
        only reads, the hints about changes say nothing.
        """
        found = {"readOnlyHint": True} if self.read_only else {}
        if not self.read_only and not self.destructive:
            found["destructiveHint"] = False
        if not self.read_only and self.idempotent:
            found["idempotentHint"] = True
        return found if self.open_world else {**found, "openWorldHint": False}

    @property
    def listed_title(self) -> str | None:
        """Return the title, unless it only repeats the name, which clients show without one."""
        return None if self.title == _title_of(self.name) else self.title

    @property
    def listed_output_schema(self) -> Schema | None:
        """Return the output schema, unless it says nothing."""
        return None if self.output_schema == ANY_OBJECT else self.output_schema

    def _default(self, name: str, value: str) -> None:
        if not getattr(self, name):
            object.__setattr__(self, name, value)  # the dataclass is frozen

    def _mistake(self) -> str | None:  # noqa: PLR0911 - a list of rules
        if not _NAME.fullmatch(self.name):
            return "its name may contain only letters, digits and _ - . (at most 128 characters)"
        if not self.description:
            return "it needs a description, such as a docstring of its function"
        declared: dict[str, object] = {"scopes": self.scopes, "downstream_scopes": self.downstream_scopes}
        for kind, scopes in declared.items():
            if not isinstance(scopes, tuple):  # each letter of a string would count as a scope
                return f"{kind} must be a tuple of names"
            if not all(map(is_scope, scopes)):
                return f"{kind} must contain ASCII names without blanks and quotes"
        if "offline_access" in self.scopes:
            return "offline_access is between client and tenant, not a scope of a resource (MCP authorization)"
        if self.downstream_scopes and not self.calls_api:
            return "it names downstream_scopes, but calls_api says that it never calls the API"
        for kind, schema in self.schemas:
            if schema.get("type") != "object":
                return f'{kind} must describe an object ("type": "object")'
        if self.read_only and (self.destructive or not self.idempotent):
            return "a tool that only reads cannot be destructive, and must be idempotent"
        return None


def _title_of(name: str) -> str:
    return name.replace("_", " ").capitalize()
