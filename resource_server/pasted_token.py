"""A token as people paste it: with the scheme, quotes and line breaks that came along."""

import re
from dataclasses import dataclass

from resource_server.strict_json import MalformedJson, parse_object

_SCHEME = re.compile(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_BROKEN = re.compile(r"[A-Za-z0-9_.-]+(?:[ \t]*[\r\n]+[ \t]*[A-Za-z0-9_.-]+)+")


@dataclass(frozen=True)
class PastedToken:
    """The token alone, and in words what stood around it and does not belong to it."""

    token: str
    notes: tuple[str, ...]


def read_pasted_token(text: str) -> PastedToken:
    """The token in `text`; what is none stays as it is. Inside it, line breaks alone are taken away."""
    notes = []
    token = text.strip().removeprefix("\ufeff")
    if from_answer := _of_token_endpoint(token):
        notes.append("This is the answer of a token endpoint; its access_token is explained.")
        token = from_answer
    if scheme := _SCHEME.match(token.strip(_QUOTES)):
        notes.append("The word Bearer belongs to the header, not to the token; it was taken away.")
        token = token.strip(_QUOTES)[scheme.end() :]
    if token.strip(_QUOTES) != token:
        notes.append("The quotes around it were taken away.")
        token = token.strip(_QUOTES)
    token = token.strip()
    if _BROKEN.fullmatch(token):
        notes.append("It was broken over several lines, which were put together.")
        token = re.sub(r"\s+", "", token)
    return PastedToken(token, tuple(notes))


def _of_token_endpoint(text: str) -> str | None:
    """RFC 6749 §5.1, which people copy whole."""
    if not text.startswith("{"):
        return None
    try:
        token = parse_object(text.encode("utf-8", "replace")).get("access_token")
    except MalformedJson:
        return None
    return token if isinstance(token, str) else None
