"""Make a tool of an operation."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from on_behalf_of.mcp.api.errors import ApiAnswerTooLong
from on_behalf_of.mcp.openapi.answer import MOST_CHARACTERS, answer_form
from on_behalf_of.mcp.openapi.arguments import arguments_of
from on_behalf_of.mcp.openapi.naming import tool_name
from on_behalf_of.mcp.openapi.operation import Operation
from on_behalf_of.mcp.openapi.request import request_of
from on_behalf_of.mcp.openapi.wording import first_paragraph, shown
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall

LONGEST_DESCRIPTION, LONGEST_TITLE = 200, 60  # characters
_SAYS_WHAT_IT_DOES = re.compile(
    r"(?:Add|Approve|Cancel|Change|Check|Close|Compute|Count|Create|Delete|Export|Fetch|Find|Get|Give|Keep|List|Look|Mark|"
    r"Move|Open|Put|Read|Reject|Remove|Renew|Replace|Report|Reset|Retrieve|Return|Run|Search|Send|Set|Show|Start|Stop|"
    r"Submit|Tell|Update|Validate|Write)s? "
)


def chosen_name(operation: Operation) -> str:
    """Return the name that the API says in `x-mcp`; empty if it says none."""
    chosen = operation.extension.get("name")
    return chosen if isinstance(chosen, str) else ""


def name_of(operation: Operation) -> str:
    """Return the tool's name: the API's choice, or one made from the operation."""
    return chosen_name(operation) or tool_name(operation.id, operation.method, operation.path)


def generated_tool(
    operation: Operation,
    *,
    name: str = "",
    scopes: tuple[str, ...] | None = None,
    asked_at_login: bool = True,
    most_characters: int = MOST_CHARACTERS,
) -> Tool:
    """Return a tool that calls the operation. Raises LeftOut, and ToolDeclarationError for what the API says in x-mcp.

    `scopes` are those that the client's token must have; by default, those that the operation itself asks for. What the
    API says in `x-mcp` takes precedence.
    """
    arguments = arguments_of(operation)
    form = answer_form(arguments, most_characters)
    name = name or name_of(operation)

    def answer(call: ToolCall) -> ToolAnswer:
        form.check(call.arguments)
        request = request_of(arguments, call.arguments)
        try:
            found = call.api.request(
                request.method,
                request.path,
                params=request.params,
                body=request.body,
                media_types=operation.media_types,
            )
        except ApiAnswerTooLong as error:
            raise form.too_long() from error
        return form.answer(found, call.arguments)

    said = operation.extension
    only_adds = said.get("destructive") is False
    own = said.get("scopes")
    is_read = operation.method == "GET"
    return Tool(
        answer,
        name=name,
        title=shown(str(said.get("title") or operation.summary), LONGEST_TITLE).rstrip("."),
        description=_description(operation, name),
        scopes=tuple(own) if isinstance(own, list) else scopes if scopes is not None else operation.scopes,
        downstream_scopes=operation.scopes,
        input_schema=_with_own(arguments.listed(), form.listed_arguments),
        read=arguments.read,
        judged_by=_with_own(arguments.judging(), form.judging_arguments),
        output_schema=form.output_schema,
        origin=f"{operation.method} {operation.path}",
        asked_at_login=asked_at_login,
        read_only=is_read,
        destructive=not is_read and not only_adds,
        idempotent=operation.method in {"GET", "PUT", "DELETE"},
        # Clients ask before each call that may destroy or reach others, which the description does not rule out.
        open_world=not only_adds,
    )


def _with_own(schema: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {**schema["properties"], **own}}


def _description(operation: Operation, name: str) -> str:
    """Return what the API says about the operation, after what the tool's name says if there is no summary."""
    if isinstance(said := operation.extension.get("description"), str) and (words := shown(said, LONGEST_DESCRIPTION)):
        return words
    if operation.is_deprecated:
        return f"{_description(replace(operation, is_deprecated=False), name)} Deprecated."
    summary = shown(operation.summary, LONGEST_DESCRIPTION)
    if summary:
        return summary if summary.endswith((".", "!", "?", "…")) else f"{summary}."
    words = first_paragraph(operation.description)
    if _SAYS_WHAT_IT_DOES.match(words):
        return shown(words, LONGEST_DESCRIPTION)
    # The text is that of the whole view, such as "The caller's own notes."
    return shown(f"{name.replace('_', ' ').capitalize()}. {words}", LONGEST_DESCRIPTION)
