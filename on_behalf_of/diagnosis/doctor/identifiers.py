"""Identifiers that others sent, made safe to show. People compare them, so as little as possible is left out."""

from on_behalf_of.resource_server import token_parts

MAX_SHOWN = 300  # characters


def shown(value: object) -> str:
    text = token_parts.shown(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def differ_in_slash(first: object, second: str) -> bool:
    """Return whether the two differ only in a slash at the end."""
    return isinstance(first, str) and first != second and first.rstrip("/") == second.rstrip("/")
