"""Refuse NUL, which JSON and addresses can hold but no text in the database can, with a message that names it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

NUL = "\0"
NAMED = "the character NUL (U+0000)"
EXPLAINS_NUL = "explains_nul"  # attribute of views

View = TypeVar("View", bound=Callable[..., Any])


class Request(Protocol):
    """Django's HttpRequest, as far as it is looked at here."""

    path_info: str
    GET: Any


def nul_in_address(request: Request) -> str:
    """Return which part of the address holds a NUL, as the subject of a sentence; empty if none does."""
    if NUL in request.path_info:
        return "The path"
    for name, values in request.GET.lists():
        if NUL in name:
            return "The name of a query parameter"
        if any(NUL in value for value in values):
            return f"The query parameter {name}"
    return ""


def explains_nul(view: View) -> View:
    """Mark an admin view whose own form reports a NUL, so that the middleware leaves it to that form."""
    setattr(view, EXPLAINS_NUL, True)
    return view
