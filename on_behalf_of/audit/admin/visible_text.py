"""Untrusted text as reviewers see it: hidden characters become visible, and none reorders its neighbours."""

import unicodedata

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from on_behalf_of.primitives.visible_text import escaped, is_hidden

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def shortened(text: str, length: int) -> str:
    text = escaped(text)
    return text if len(text) <= length else text[: length - 1] + ELLIPSIS


def isolated(text: object, length: int | None = None) -> SafeString:
    """Return the text as HTML, isolated from the text direction around it; if shortened, with the whole as title."""
    plain = str(text)
    if length is not None and len(plain) > length:
        return format_html('<bdi title="{}">{}{}</bdi>', escaped(plain), _marked(plain[: length - 1]), ELLIPSIS)
    return format_html("<bdi>{}</bdi>", _marked(plain))


def _marked(text: str) -> SafeString | str:
    if text.isascii() and text.isprintable():
        return text
    return format_html_join("", "{}", ((_mark(character),) for character in text))


def _mark(character: str) -> SafeString | str:
    if not is_hidden(character):
        return character
    name = unicodedata.name(character, "unnamed character")
    return format_html('<span class="hidden-character" title="{}">U+{}</span>', name, f"{ord(character):04X}")
