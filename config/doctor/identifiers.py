"""Identifiers of others, fit to be shown: they are what has to be compared, so nothing of them is left out."""

import base64
import re
from typing import Any

from resource_server.strict_json import MalformedJson, parse_object

MAX_SHOWN = 255  # characters
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


def shown(value: object) -> str:
    """A string or a list of them as it stands there, or what else it is in a few words."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return ", ".join(shown(each) for each in value[:5])
    if not isinstance(value, str):
        return "nothing" if value is None else "something that is no string"
    if not _PRINTABLE.fullmatch(value) or len(value) > MAX_SHOWN:
        return "something too long or unreadable"
    return value


def differ_in_slash(first: object, second: str) -> bool:
    """Whether only the slash at the end makes them two."""
    return isinstance(first, str) and first != second and first.rstrip("/") == second.rstrip("/")


def claim_seen(token: str, name: str) -> object:
    """A claim of a token that was refused. Nothing is verified here: it is for showing, never for deciding."""
    return claims_seen(token).get(name)


def claims_seen(token: str) -> dict[str, Any]:
    """All of them; none where it is no JWT."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - RFC 7515 §7.1
    try:
        return parse_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, MalformedJson):
        return {}
