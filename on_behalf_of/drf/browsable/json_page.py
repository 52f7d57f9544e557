"""JSON as HTML for people: with spans for the style sheet to colour, and with links."""

import json
import re
from collections.abc import Mapping

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

_LEXEME = re.compile(
    r'(?P<key>"(?:\\.|[^"\\])*")(?=\s*:)|(?P<string>"(?:\\.|[^"\\])*")'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)"
)


def marked_up(text: str, links: Mapping[str, str]) -> SafeString:
    """Return `text`, a JSON document, as escaped HTML. `links` maps strings to the paths that they link to."""
    parts, end = [], 0
    for lexeme in _LEXEME.finditer(text):
        parts.append(escape(text[end : lexeme.start()]))
        parts.append(_marked_up(str(lexeme.lastgroup), lexeme[0], links))
        end = lexeme.end()
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part was escaped above


def _marked_up(kind: str, lexeme: str, links: Mapping[str, str]) -> SafeString:
    path = links.get(json.loads(lexeme)) if kind == "string" else None
    if path:
        return format_html('<a class="json-{}" href="{}">{}</a>', kind, path, lexeme)
    return format_html('<span class="json-{}">{}</span>', kind, lexeme)
