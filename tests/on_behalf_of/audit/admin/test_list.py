"""The list: what it shows, how it can be filtered, and that no URL breaks it."""

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.on_behalf_of.audit.admin.conftest import LIST, MakeRow
from tests.on_behalf_of.audit.admin.pages import ids, listed, page

REFUSED = {"decision": "refused", "status": 403, "reason": "insufficient_scope"}


def test_a_call_is_shown_with_its_chain_decision_and_time(auditor: Client, log: MakeRow) -> None:
    log(**REFUSED, organization="org_acme", route="/api/notes/<pk>/")
    shown = page(auditor.get(LIST))
    assert "user: auth0|aliceclient: inspectorcurrent actor: bridgeresource: API" in shown.text
    for fact in (
        "2026-11-01",
        "12:01:00",
        "GET",
        "/api/notes/<pk>/",
        "refused",
        "403",
        "insufficient_scope",
        "org_acme",
    ):
        assert fact in shown.text
    times = [attributes for tag, attributes in shown.elements if tag == "time"]
    assert str(times[0]["title"]).endswith("ago")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"decision": "refused"}, {"decision": "refused"}),
        ({"reason": "insufficient_scope"}, {"reason": "insufficient_scope"}),
        ({"actor": "agent-7"}, {"actor": "agent-7"}),
        ({"subject": "auth0|bob"}, {"subject": "auth0|bob"}),
        ({"route": "/api/private-scope"}, {"route": "/api/private-scope"}),
        ({"trace": "f" * 32}, {"trace_id": "f" * 32}),
        ({"scope": "write:private"}, {"scopes": ["read:private", "write:private"]}),
        ({"scope": "admin:all"}, {"scopes_required": ["admin:all"]}),
        ({"q": "auth0|bob"}, {"subject": "auth0|bob"}),
        ({"q": "agent-7"}, {"actor": "agent-7"}),
        ({"q": "jti-of-bob"}, {"token_id": "jti-of-bob"}),
        ({"q": "e" * 32}, {"request_id": "e" * 32}),
        ({"q": " " + "f" * 32 + " "}, {"trace_id": "f" * 32}),
        ({"q": "auth0|bob", "decision": "refused"}, {"subject": "auth0|bob", "decision": "refused"}),
        ({"q": "auth0|bob", "scope": "x"}, {"subject": "auth0|bob", "scopes": ["x"]}),
    ],
)  # fmt: skip
def test_each_filter_and_search_finds_its_rows_and_no_others(
    auditor: Client, log: MakeRow, query: dict[str, str], fields: dict[str, object]
) -> None:
    log()
    wanted = log(**fields)
    log()
    assert listed(auditor, **query) == [wanted.pk]


@pytest.mark.parametrize("query", [{"q": "auth0|ali"}, {"actor": "BRIDGE"}, {"scope": "read"}, {"route": "/api/"}])
def test_texts_are_compared_exactly(auditor: Client, log: MakeRow, query: dict[str, str]) -> None:
    log()
    assert listed(auditor, **query) == []


def test_a_row_that_a_search_finds_twice_is_shown_once(auditor: Client, log: MakeRow) -> None:
    row = log(subject="bridge", actor="bridge")
    assert listed(auditor, q="bridge") == [row.pk]


def test_a_period_is_counted_back_from_now(auditor: Client, log: MakeRow) -> None:
    old, recent, new = (log(time=timezone.now() - timedelta(hours=hours)) for hours in (800, 30, 0.5))
    assert listed(auditor, period="1h") == listed(auditor, period="24h") == [new.pk]
    assert listed(auditor, period="7d") == listed(auditor, period="30d") == ids(recent, new)
    assert listed(auditor) == ids(old, recent, new)


def test_a_custom_range_includes_both_ends(auditor: Client, log: MakeRow) -> None:
    rows = [log() for _ in range(5)]
    since, until = f"{rows[1].time:%Y-%m-%dT%H:%M}", f"{rows[3].time:%Y-%m-%dT%H:%M:%S}"
    assert listed(auditor, since=since, until=until, period="1h") == ids(*rows[1:4])
    assert listed(auditor, until="2026-11-01T14:02+02:00") == ids(*rows[:2])


@pytest.mark.parametrize(
    "query",
    [
        {"decision": "maybe"}, {"reason": "no-such"}, {"period": "9y"}, {"since": "yesterday"}, {"until": "2026-13-45"},
        {"since": "0001-01-01T00:00+23:59"}, {"until": "9999-12-31T23:59-23:59"},
        {"since": "2026-11-02", "until": "2026-11-01"},
        {"q": "a\0b"}, {"actor": "\0"}, {"subject": "x" * 3_000}, {"q": "x" * 3_000}, {"scope": 'a"b'},
        {"scope": "a b"}, {"trace": "f" * 33}, {"route": "/" * 600}, {"scope": "\N{SNOWMAN}"},
    ],
)  # fmt: skip
def test_an_invalid_filter_is_explained(auditor: Client, log: MakeRow, query: dict[str, str]) -> None:
    log()
    shown = page(auditor.get(LIST, query))
    assert shown.listed == []
    assert "These filters were not understood" in shown.text
    assert any("errorlist" in (attributes.get("class") or "") for _, attributes in shown.elements)


@pytest.mark.parametrize("place", ["x", "1-", "-1", "1-2-3", "9" * 18 + "-1", f"1-{2**63}", "\0", "1e3-4", "9" * 5_000])
@pytest.mark.parametrize("direction", ["before", "after"])
def test_an_invalid_position_leads_to_the_newest_rows(
    auditor: Client, log: MakeRow, direction: str, place: str
) -> None:
    row = log()
    shown = page(auditor.get(LIST, {direction: place}))
    assert shown.listed == [row.pk]
    assert "names no place in the log" in shown.text


@pytest.mark.parametrize("place", ["99999999999999999-9223372036854775807", "0-0"])
def test_positions_beyond_the_log_are_empty_pages(auditor: Client, log: MakeRow, place: str) -> None:
    log()
    for direction in ("before", "after"):
        assert auditor.get(LIST, {direction: place}).status_code == 200


def test_invalid_utf_8_in_a_url_is_not_an_error(auditor: Client, log: MakeRow) -> None:
    log()
    assert auditor.get(LIST + "?q=%ff%fe&actor=%ed%a0%80").status_code == 200


@pytest.mark.parametrize(
    "number", ["999999999", "9" * 19, "9" * 5_000, "abc", "-1", "1_23", "\N{ARABIC-INDIC DIGIT TWO}"]
)
def test_a_missing_row_leads_back_to_the_list(auditor: Client, log: MakeRow, number: str) -> None:
    log()
    answer = auditor.get(f"{LIST}{number}/change/", follow=True)
    assert "There is no such row" in html.unescape(answer.content.decode())
