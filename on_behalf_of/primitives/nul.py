"""Refuse the NUL character by name. JSON and addresses can contain it, but texts in the database can't."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

NUL = "\0"
NAMED = "the character NUL (U+0000)"
EXPLAINS_NUL = "explains_nul"  # attribute of views

View = TypeVar("View", bound=Callable[..., Any])


class Request(Protocol):
    """The part of Django's HttpRequest that is used here."""

    path_info: str
    META: Any
    GET: Any


def nul_in_address(request: Request) -> str:
    """Return which part of the address holds a NUL, as the subject of a sentence; empty if none does."""
    if NUL in request.path_info:
        return "The path"
    for name, values in request.GET.lists() if request.META.get("QUERY_STRING") else ():
        if NUL in name:
            return "The name of a query parameter"
        if any(NUL in value for value in values):
            return f"The query parameter {name}"
    return ""


def explains_nul(view: View) -> View:
    """Mark an admin view whose own form reports a NUL, so that the middleware leaves it to that form."""
    setattr(view, EXPLAINS_NUL, True)
    return view
