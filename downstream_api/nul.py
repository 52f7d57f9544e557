"""NUL, a character that JSON and addresses can hold and no text of the database: refused by its name."""

from django.http import HttpRequest

NUL = "\0"
NAMED = "the character NUL (U+0000)"


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
