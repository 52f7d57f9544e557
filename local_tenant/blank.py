"""Detect names without a visible character. The services have their own, independent code for this."""

import unicodedata
from itertools import chain

from django.core.exceptions import ValidationError

# Letters, marks and symbols with an empty glyph.
_EMPTY = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U00016fe4\U0001d159"
).union(map(chr, chain(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))))


def is_blank(text: str) -> bool:
    """Return whether `text` contains only white space, controls, zero-width characters and fillers."""
    return not any(unicodedata.category(each)[0] in "LMNPS" and each not in _EMPTY for each in text)


def refuse_blank(**fields: str) -> None:
    """Raise ValidationError for the first field that holds only invisible characters. Django checks empty fields."""
    for name, value in fields.items():
        if value and is_blank(value):
            raise ValidationError({name: "This field must contain a visible character."})
