"""Text that others wrote, made fit to stand in our messages."""

import re
import unicodedata
from collections.abc import Iterable

LIMIT = 200  # characters
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*|[A-Za-z0-9_\-+/=]{40,}")


def readable(text: object, *, limit: int = LIMIT, hiding: Iterable[str] = ()) -> str:
    """One bounded line without control characters and without anything that looks like a token.

    Anything but a string gives an empty one. Whoever echoes what we sent may echo a credential; hence the last rule,
    and `hiding`: secrets that look like any other word.
    """
    if not isinstance(text, str):
        return ""
    for each in hiding:
        text = text.replace(each, "[removed]")
    # Other (C*) holds control, format, surrogate and private characters: bidi tricks and terminal escapes among them.
    line = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in text[: limit * 8])
    line = " ".join(_TOKEN_LIKE.sub("[removed]", line).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
