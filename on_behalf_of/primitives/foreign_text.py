"""Make text that others wrote safe to show in our messages."""

import re
import unicodedata
from collections.abc import Iterable

LIMIT = 200  # characters
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*|[A-Za-z0-9_\-+/=]{40,}")


def readable(text: object, *, limit: int = LIMIT, hiding: Iterable[str] = ()) -> str:
    """Return one line of at most `limit` characters, without control characters and anything that looks like a token.

    Return "" for anything but a string. A server that echoes our request may echo a credential, so tokens are removed,
    and so are the secrets in `hiding`, which may look like any other word.
    """
    if not isinstance(text, str):
        return ""
    for each in hiding:
        text = text.replace(each, "[removed]")
    # Category C* has control, format, surrogate and private characters, such as bidi overrides and terminal escapes.
    line = text[: limit * 8]
    if not (line.isascii() and line.isprintable()):
        line = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in line)
    line = " ".join(_TOKEN_LIKE.sub("[removed]", line).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
