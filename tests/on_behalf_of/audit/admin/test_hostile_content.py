"""Hostile content in tokens and URLs, on the pages that a reviewer opens."""

from typing import Any

import pytest
from django.test import Client

from on_behalf_of.audit.admin.visible_text import isolated, shortened
from on_behalf_of.primitives.visible_text import escaped
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, MakeRow
from tests.on_behalf_of.audit.admin.pages import Page, page

ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7|add:7 }}"
HOSTILE: dict[str, Any] = {
    **dict.fromkeys(("subject", "client_id", "actor", "organization", "token_id", "reason", "path", "route"), ATTACK),
    "method": "<b>", "issuer": ATTACK, "scopes": [ATTACK], "scopes_required": [ATTACK], "decision": "refused",
    "actor_chain": [{"sub": ATTACK, "client_id": ATTACK, "sub_profile": ATTACK}, {"sub": ATTACK}],
    "request_id": "<i>", "trace_id": "'\"<u>",
}  # fmt: skip


@pytest.fixture
def pages(auditor: Client, log: MakeRow) -> list[Page]:
    """Every page, over an ordinary row and a hostile one, and with hostile filters."""
    ordinary, hostile = log(), log(**HOSTILE)
    paths = (LIST, f"{LIST}?q=%22%3E%3Cscript%3E", f"{LIST}?decision=%22%3E%3Cscript%3E&before=%3Cscript%3E", DASHBOARD,
             f"{DASHBOARD}?span=%3Cscript%3E", "/admin/")  # fmt: skip
    details = [f"{LIST}{row.pk}/change/" for row in (ordinary, hostile)]
    answers = [auditor.get(path) for path in (*paths, *details)] + [Client().get("/admin/login/")]
    for answer in answers:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    return [page(answer) for answer in answers]


def test_no_page_has_inline_script_or_style(pages: list[Page]) -> None:
    for shown in pages:
        for tag, attributes in shown.elements:
            assert "style" not in attributes, (tag, attributes)
            assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
            assert tag != "style"
            if tag == "script":
                assert str(attributes["src"]).startswith("/static/")
            for name in ("src", "href", "action"):
                assert not str(attributes.get(name) or "").lower().startswith(("http", "//", "javascript:", "data:"))


def test_markup_in_tokens_and_addresses_stays_text(pages: list[Page]) -> None:
    assert any(ATTACK[:40] in shown.text for shown in pages)
    for shown in pages:
        tags = [tag for tag, _ in shown.elements]
        assert not {"b", "i", "u"} & set(tags)
        images = [attributes for tag, attributes in shown.elements if tag == "img"]
        assert all(str(image["src"]).startswith("/static/") for image in images)


@pytest.mark.parametrize(
    "text", ["\u202eevil\u202c", "a\u2066b", "a\u200bb", "a\x00b", "a\x1b[31mb", "a\u2028b", "a\u00a0b"]
)
def test_invisible_characters_are_written_out(auditor: Client, log: MakeRow, text: str) -> None:
    if "\0" not in text:  # which no database would take
        row = log(subject=text, path=f"/{text}", actor_chain=[{"sub": text}])
        for path in (LIST, f"{LIST}{row.pk}/change/"):
            assert text not in auditor.get(path).content.decode()
    hidden = next(character for character in text if character not in "evilab[31m")
    assert f"U+{ord(hidden):04X}" in isolated(text)
    assert hidden not in isolated(text)
    assert hidden not in escaped(text)


def test_right_to_left_text_is_isolated_from_its_neighbours(auditor: Client, log: MakeRow) -> None:
    hebrew = "\u05d0\u05d1\u05d2"
    log(subject=hebrew)
    assert f"<bdi>{hebrew}</bdi>" in auditor.get(LIST).content.decode()


def test_long_text_is_shortened_in_the_list_and_whole_in_the_row(auditor: Client, log: MakeRow) -> None:
    long = "x" * 3_000
    row = log(subject=long, path=f"/{long}", route="", actor_chain=[{"sub": long}])
    listed = page(auditor.get(LIST))
    assert "x" * 61 not in listed.text
    assert any(attributes.get("title") == long for tag, attributes in listed.elements if tag == "bdi")
    assert long in page(auditor.get(f"{LIST}{row.pk}/change/")).text


def test_shortening_counts_what_is_shown() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("\u202e" * 9, 20) == "<U+202E><U+202E><U+\N{HORIZONTAL ELLIPSIS}"
