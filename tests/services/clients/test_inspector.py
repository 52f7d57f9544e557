"""MCP Inspector in a real browser: from login to a recorded answer, in both protocol eras."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mcp_bridge.tools.registry import TOOLS
from tests.browser import log_in
from tests.services.clients.inspector_pages import InspectorPages
from tests.services.clients.running_inspector import inspecting
from tests.services.running import Running

pytestmark = [pytest.mark.node, pytest.mark.browser]

ROUNDS = 5
JOURNEYS = ["modern", "legacy"] * ROUNDS if os.environ.get("LONG_TESTS") == "1" else ["modern"]  # the era of each


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in a new browser context."""
    with closing(browser.new_context(viewport={"width": 1300, "height": 900})) as context:
        yield context.new_page()


@pytest.mark.long
@pytest.mark.parametrize("era", JOURNEYS)
def test_an_administrator_logs_in_calls_greet_and_steps_up_for_notes(
    page: Page, services: Running, tmp_path: Path, era: str
) -> None:
    before = len(services.audit())
    with inspecting(services, tmp_path, "--protocol-era", era) as inspector:
        pages = InspectorPages(page, inspector)
        pages.connect("admin@example.com", "admin-demo")
        assert pages.tools() == [tool.name for tool in TOOLS]

        pages.open_tool("Greet me")
        pages.execute()
        pages.wait_for_answer("Hello auth0|local-admin!")

        # Consent for notes is asked for on the first call that needs it.
        pages.open_tool("Write a note")
        page.get_by_role("textbox", name="title").fill("Milk")
        pages.execute()
        pages.dialog().get_by_text("tool:notes").first.wait_for()
        pages.dialog().get_by_role("button", name="Authorize").click()
        page.get_by_text("Use “List your notes”, “Write a note”").wait_for()
        pages.allow()  # the tenant knows its user by now, and asks for no password
        expect(page.get_by_role("textbox", name="title")).to_have_value("Milk")
        pages.execute()
        pages.wait_for_answer("created_at")

    # Nothing was written before the consent, and each call is on record with all who took part in it.
    greet, note = services.audit()[before:]
    assert (greet["path"], note["path"]) == ("/api/private-scope", "/api/notes/")
    assert {row["subject"] for row in (greet, note)} == {"auth0|local-admin"}
    assert {row["actor"] for row in (greet, note)} == {"local-mcp-bridge"}
    client_id = json.loads(greet["actor_chain"])[1]["sub"]
    read_as_auditor(page, services, note["path"], client_id)


def read_as_auditor(page: Page, services: Running, path: str, client_id: str) -> None:
    """Log in as the auditor in the same browser. The user's login there does not open the log."""
    page.goto(f"{services.api}/admin/obo_audit/delegatedaccess/")
    log_in(page, page.get_by_label("Username"), as_="auditor", password="auditor-demo")
    newest = page.locator("#content tbody tr").first
    expect(newest).to_contain_text("auth0|local-admin")
    expect(newest).to_contain_text("local-mcp-bridge")
    newest.get_by_role("link").first.click()
    page.get_by_text(path).first.wait_for()
    expect(page.get_by_role("listitem").filter(has_text=client_id)).to_be_visible()


def test_a_user_sees_fewer_tools(page: Page, services: Running, tmp_path: Path) -> None:
    with inspecting(services, tmp_path, "--protocol-era", "legacy") as inspector:
        pages = InspectorPages(page, inspector)
        pages.connect("user@example.com", "user-demo")
        assert pages.tools() == ["whoami", "get_datetime"]
        pages.open_tool("Who am I?")
        pages.execute()
        pages.wait_for_answer("You are auth0|local-user")
