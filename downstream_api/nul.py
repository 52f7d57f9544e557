"""NUL, a character that JSON and addresses can hold and no text of the database: refused by its name."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

NUL = "\0"
NAMED = "the character NUL (U+0000)"
EXPLAINS_NUL = "explains_nul"  # attribute of views

View = TypeVar("View", bound=Callable[..., Any])


def nul_in_address(request: HttpRequest) -> str:
    """Return which part of the address holds a NUL, as a sentence begins; empty where none does."""
    if NUL in request.path_info:
        return "The path"
    for name, values in request.GET.lists():
        if NUL in name:
            return "The name of a query parameter"
        if any(NUL in value for value in values):
            return f"The query parameter {name}"
    return ""


def explains_nul(view: View) -> View:
    """Mark an admin view whose own form says what is wrong with a NUL, so that it is asked."""
    setattr(view, EXPLAINS_NUL, True)
    return view
