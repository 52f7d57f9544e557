"""Say in a view how its operation is offered as a tool. Needs no MCP SDK: it writes `x-mcp` into the description."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.conf import settings

OWN_SCHEMA = "on_behalf_of.drf.openapi.auto_schema.ApiSchema"
ATTRIBUTE = "x_mcp"
NAME = re.compile(r"[a-z_][a-z0-9_]{0,44}")

View = TypeVar("View", bound=Callable[..., Any])


def mcp_tool(
    *,
    name: str = "",
    title: str = "",
    description: str = "",
    scopes: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    destructive: bool | None = None,
) -> Callable[[View], View]:
    """Describe the tool for a view or an action. The MCP server decides whether to offer it.

    Write it above `@action` and `@api_view`. On a class, it applies to every operation of the class, so give no name
    there. `name`: at most 45 characters of a-z, 0-9 and _. `scopes`: those that the MCP client's token needs; the API's
    own come from `HasScope`. `arguments`: the optional parameters and body members to offer; by default all.
    `destructive=False`: the operation only adds something. Anything you leave out is derived from the view.

    For actions that a ViewSet inherits, use drf-spectacular's `extend_schema_view(list=mcp_tool(name="my_orders"))`.
    Raises ValueError for a wrong argument.
    """
    if name and not NAME.fullmatch(name):
        raise ValueError("mcp_tool: name must have at most 45 characters of a-z, 0-9 and _.")
    for what, value in (("scopes", scopes), ("arguments", arguments)):
        if isinstance(value, str):  # each letter would count as a name
            raise ValueError(f"mcp_tool: {what} must be a list of names.")  # noqa: TRY004 - the value is wrong
    given = {
        "name": name,
        "title": title,
        "description": description,
        "scopes": None if scopes is None else list(scopes),
        "arguments": None if arguments is None else list(arguments),
        "destructive": destructive,
    }
    said = {key: value for key, value in given.items() if value is not None and value != ""}

    def decorate(view: View) -> View:
        setattr(getattr(view, "cls", view), ATTRIBUTE, said)  # @api_view hides the class behind a function
        return view if _is_read_by_own_schema() else _extended(view, said)

    return decorate


def said_of(view: Any, method: str) -> dict[str, Any] | None:
    """Return what `mcp_tool` said about the view's method; None if it said nothing."""
    handler = getattr(view, getattr(view, "action", None) or method.lower(), None)
    said: dict[str, Any] | None = getattr(handler, ATTRIBUTE, None) or getattr(type(view), ATTRIBUTE, None)
    return said


def _is_read_by_own_schema() -> bool:
    """Return whether this library's schema class describes the API, or nothing does; drf-spectacular stays unloaded."""
    return getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_SCHEMA_CLASS") in {OWN_SCHEMA, None}


def _extended(view: View, said: dict[str, Any]) -> View:
    from drf_spectacular.utils import extend_schema  # the project has loaded it already

    extended: View = extend_schema(extensions={"x-mcp": said})(view)
    return extended
