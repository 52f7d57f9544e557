"""The page of one call: who, what, why, and whether the row is intact."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from model_bakery import baker

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.triggers import lifted
from on_behalf_of.mcp.models import ToolCall
from on_behalf_of.resource_server.refusals import DESCRIPTIONS, Reason
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, MakeClient, MakeRow
from tests.on_behalf_of.audit.admin.pages import Page, listed, page


def opened(client: Client, row: DelegatedAccess) -> Page:
    return page(client.get(f"{LIST}{row.pk}/change/"))


def test_all_facts_of_a_call_are_shown(auditor: Client, log: MakeRow) -> None:
    row = log(
        organization="org_acme", trace_from_caller=True, actor_chain=[{"sub": "agent", "sub_profile": "ai_agent"}]
    )
    text = opened(auditor, row).text
    facts = (row.issuer, row.subject, row.client_id, row.organization, row.token_id, row.request_id, row.trace_id)
    for fact in (*facts, "read:private", "192.0.2.7", "12 ms", "chosen by the caller", "is ai_agent", row.digest):
        assert fact in text


def test_the_chain_is_a_picture_with_a_title_and_words(auditor: Client, log: MakeRow) -> None:
    shown = opened(auditor, log())
    picture = next(attributes for tag, attributes in shown.elements if tag == "svg" and attributes.get("role") == "img")
    assert picture["aria-labelledby"] == "picture-title picture-text"
    assert "user auth0|alice, then client inspector, then current actor bridge, then resource API." in shown.text
    assert sum("box-actor" in (attributes.get("class") or "") for _, attributes in shown.elements) == 1


def test_a_refusal_is_explained_and_names_what_was_missing(auditor: Client, log: MakeRow) -> None:
    text = opened(
        auditor, log(decision="refused", status=403, reason="insufficient_scope", scopes_required=["write:private"])
    ).text
    assert DESCRIPTIONS[Reason.SCOPE] in text
    assert "write:privateno missingyes" in text


@pytest.mark.parametrize("reason", ["", "made_up"])
def test_an_unknown_reason_is_shown_as_it_is(auditor: Client, log: MakeRow, reason: str) -> None:
    text = opened(auditor, log(decision="refused", status=403, reason=reason)).text
    assert "does not know this code" in text or "No reason was recorded" in text


def test_links_lead_to_the_other_calls_of_user_actor_trace_token_and_route(auditor: Client, log: MakeRow) -> None:
    row = log(subject="a&b=c", actor="d e/f", trace_id="7" * 32, token_id="sha256:+1")
    other = log(route="/api/other/")
    shown = opened(auditor, row)
    related = [href for href in shown.hrefs if href.startswith(f"{LIST}?")]
    assert len(related) == 5
    for link in related:
        found = listed(auditor, link.partition("?")[0]) if "?" not in link else page(auditor.get(link)).listed
        assert row.pk in found
        assert other.pk not in found


@pytest.mark.parametrize("group", ["Auditors", "Audit exporters"])
def test_one_call_can_be_followed_to_the_bridge_and_back(staff: MakeClient, log: MakeRow, group: str) -> None:
    reviewer, row = staff(group), log()
    baker.make(ToolCall, trace_id=row.trace_id, tool="greet", outcome="ok")
    baker.make(ToolCall, trace_id="f" * 32, tool="other", outcome="ok")
    (there,) = [href for href in opened(reviewer, row).hrefs if "/toolcall/?q=" in href]
    tool_calls = page(reviewer.get(there))
    assert "1 tool call" in tool_calls.text
    (back,) = [href for href in tool_calls.hrefs if "delegatedaccess/?" in href]
    assert page(reviewer.get(back)).listed == [row.pk]


def test_a_tampered_row_is_still_shown(auditor: Client, log: MakeRow) -> None:
    row = log(actor_chain=[7, {"client_id": "x"}, {}], scopes={"a": 1})
    text = opened(auditor, row).text
    assert "current actor x" in text or "current actor ?" in text
    assert listed(auditor) == [row.pk]


def test_a_fresh_row_is_not_sealed_yet(auditor: Client, log: MakeRow) -> None:
    assert "not sealed yet" in opened(auditor, log()).text


@pytest.mark.usefixtures("committed")
def test_a_sealed_row_is_intact_and_names_its_seal(log: MakeRow, auditor: Client) -> None:
    row = log()
    call_command("audit_seal")
    text = opened(auditor, row).text
    assert "intact" in text
    assert "number 1, over 1 rows" in text
    assert "in order" in page(auditor.get(DASHBOARD)).text


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_row_that_was_changed_says_so(log: MakeRow, auditor: Client, is_sealed: bool) -> None:
    row = log()
    if is_sealed:
        call_command("audit_seal")
    with lifted(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE obo_audit_delegatedaccess SET subject = 'auth0|mallory' WHERE id = %s", [row.pk])
    text = opened(auditor, row).text
    assert "changed" in text
    assert "it was changed in the database" in text


def test_the_dashboard_warns_of_missing_triggers(log: MakeRow, auditor: Client) -> None:
    log()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' LIMIT 1")
        cursor.execute(f"DROP TRIGGER {cursor.fetchone()[0]}")
    assert "unprotected" in page(auditor.get(DASHBOARD)).text
