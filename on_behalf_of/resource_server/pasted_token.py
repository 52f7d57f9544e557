"""Read a token as people paste it: with the scheme, quotes and line breaks around it."""

import re
from dataclasses import dataclass

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

_SCHEME = re.compile(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_BROKEN = re.compile(r"[A-Za-z0-9_.-]+(?:[ \t]*[\r\n]+[ \t]*[A-Za-z0-9_.-]+)+")


@dataclass(frozen=True)
class PastedToken:
    """The token alone, and notes about what was removed around it."""

    token: str
    notes: tuple[str, ...]


def read_pasted_token(text: str) -> PastedToken:
    """Return the token in `text`, or the text itself. Inside the token, only line breaks are removed."""
    notes: dict[str, None] = {}  # a set in insertion order
    token = text.strip().removeprefix("\ufeff")
    if from_answer := _of_token_endpoint(token):
        notes["This is the answer of a token endpoint; its access_token is explained."] = None
        token = from_answer
    token = _without_quotes(token, notes)
    if scheme := _SCHEME.match(token):
        notes["The word Bearer belongs to the header, not to the token; it was removed."] = None
        token = _without_quotes(token[scheme.end() :], notes)
    if _BROKEN.fullmatch(token):
        notes["It was broken over several lines, which were joined."] = None
        token = re.sub(r"\s+", "", token)
    return PastedToken(token, tuple(notes))


def _without_quotes(text: str, notes: dict[str, None]) -> str:
    bare = text.strip(_QUOTES)
    if bare != text:
        notes["The quotes around it were removed."] = None
    return bare.strip()


def _of_token_endpoint(text: str) -> str | None:
    """Return the token in a token endpoint's answer (RFC 6749 §5.1), if people pasted all of it; else None."""
    if not text.startswith("{"):
        return None
    try:
        token = parse_object(text.encode("utf-8", "replace")).get("access_token")
    except MalformedJson:
        return None
    return token if isinstance(token, str) else None
