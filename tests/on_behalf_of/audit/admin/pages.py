"""Reading pages as a browser would."""

import re
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

from on_behalf_of.audit.models import DelegatedAccess

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """The elements of a page, its text, and the calls that it lists."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []  # the element around, and the text
        self._open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", data))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(text for tag, text in self.texts if tag not in {"script", "style"}))

    def links(self, text: str) -> list[str]:
        """Return the targets of links with this rel."""
        return [
            str(attributes["href"]) for tag, attributes in self.elements if tag == "a" and attributes.get("rel") == text
        ]

    @property
    def hrefs(self) -> list[str]:
        return [str(attributes.get("href")) for tag, attributes in self.elements if tag == "a"]

    @property
    def listed(self) -> list[int]:
        """Ids of the calls in the list, from top to bottom."""
        return [int(match[1]) for href in self.hrefs if (match := re.search(r"/delegatedaccess/(\d+)/change/", href))]


def page(answer: Any) -> Page:
    assert isinstance(answer, HttpResponse) or hasattr(answer, "content")
    assert answer.status_code == 200
    return Page(answer.content.decode())


def listed(client: Client, path: str = "/admin/obo_audit/delegatedaccess/", **query: str) -> list[int]:
    return page(client.get(path, query)).listed


def ids(*rows: DelegatedAccess) -> list[int]:
    """Return the ids in the order of the list: newest first."""
    return [row.pk for row in sorted(rows, key=lambda row: row.time, reverse=True)]
