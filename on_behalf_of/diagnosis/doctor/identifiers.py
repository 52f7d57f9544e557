"""Identifiers of others, fit to be shown: they are what has to be compared, so as little as possible is left out."""

from on_behalf_of.resource_server import token_parts

MAX_SHOWN = 300  # characters


def shown(value: object) -> str:
    text = token_parts.shown(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def differ_in_slash(first: object, second: str) -> bool:
    """Whether only the slash at the end makes them two."""
    return isinstance(first, str) and first != second and first.rstrip("/") == second.rstrip("/")
