"""The whole flow in Chromium: real pages of real processes, with and without scripts."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser import fits, log_in
from tests.services.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.processes]
NOT_OURS = "Failed to load resource"  # Chromium's line for each 401, 403 and 404, which some pages are
NOTES = "/api/notes/"


@pytest.fixture(params=[(1280, "light", True), (420, "dark", False)], ids=["wide", "narrow, without scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of a browser of its own; whatever its console complains of fails the test."""
    width, scheme, scripts = request.param
    look: Any = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, "java_script_enabled": scripts}
    with closing(browser.new_context(**look)) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert [text for text in complaints if NOT_OURS not in text] == []


def test_a_user_logs_in_is_refused_steps_up_and_writes_and_a_reviewer_sees_it(page: Page, services: Running) -> None:
    before = len(services.audit())
    page.goto(services.api + NOTES)
    page.get_by_role("alert").get_by_role("link", name="Log in").click()
    page.get_by_label("Read your private data").uncheck()
    page.get_by_label("Write and delete your notes").check()
    assert fits(page)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{services.issuer}/login**")  # the tenant's, by a page that leads on
    log_in(page, page.get_by_label("E-mail"), as_="admin@example.com", password="admin-demo")
    page.get_by_role("button", name="Allow").click()

    page.wait_for_url(services.api + NOTES)
    expect(page.get_by_role("alert").get_by_text("insufficient_scope")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Ask for read:private").click()
    page.get_by_role("button", name="Allow").click()

    page.wait_for_url(services.api + NOTES)
    page.get_by_label("Title").fill("Milk & honey")
    page.get_by_label("Body", exact=True).fill("one\ntwo")
    page.get_by_role("button", name="Create").first.click()
    page.get_by_text("201 Created").wait_for()
    page.goto(services.api + NOTES)
    page.get_by_label("The response").get_by_role("link").first.click()  # the note's id
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("204 No Content").wait_for()
    assert fits(page)
    page.get_by_role("link", name="auth0|local-admin").click()
    expect(page.get_by_text("permissions").first).to_be_visible()
    assert fits(page)

    assert_nobody_else_takes_the_session(page, services)
    page.goto(f"{services.api}/admin/")
    log_in(page, page.get_by_label("Username"), as_="auditor", password="auditor-demo")
    page.goto(f"{services.api}/admin/obo_audit/delegatedaccess/")
    refused = page.locator("#content tbody tr").filter(has_text="insufficient_scope").first
    expect(refused).to_contain_text("auth0|local-admin")
    rows = services.audit()[before:]
    assert [(row["method"], row["route"][:11], row["status"], row["reason"]) for row in rows] == [
        ("GET", "/login/call", 302, ""),
        ("GET", NOTES, 403, "insufficient_scope"),
        ("GET", "/login/call", 302, ""),
        ("GET", NOTES, 200, ""),
        ("POST", NOTES, 201, ""),
        ("GET", NOTES, 200, ""),
        ("GET", NOTES, 200, ""),
        ("DELETE", NOTES, 200, ""),
        ("GET", "/api/privat", 200, ""),
    ]
    page.goto(services.api + NOTES)  # an auditor now, and still the person
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log out there too").click()
    page.wait_for_url(f"{services.issuer}/logout")


def assert_nobody_else_takes_the_session(page: Page, services: Running) -> None:
    """Cookies ignore ports, so the browser also sends the API's cookie to the bridge and the tenant."""
    cookies = {str(cookie.get("name")): str(cookie.get("value")) for cookie in page.context.cookies()}
    key = cookies["api_session"]
    assert requests.get(f"{services.api}/api/private-scope", cookies=cookies, timeout=30).status_code == 200
    thief = cookies | {"tenant_session": key, "bridge_session": key, "sessionid": key}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    assert requests.post(services.mcp, json=message, headers=accept, cookies=thief, timeout=30).status_code == 401
    tenant = requests.get(f"{services.issuer}/logout", cookies=thief, timeout=30).text
    assert "You are not logged in" in tenant


def test_a_user_who_cancels_sees_that_and_is_not_logged_in(page: Page, services: Running) -> None:
    page.goto(f"{services.api}/login")
    page.get_by_role("button", name="Log in").click()
    log_in(page, page.get_by_label("E-mail"), as_="user@example.com", password="user-demo")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{services.api}/login/callback**")
    expect(page.get_by_role("alert").get_by_text("was cancelled")).to_be_visible()
    assert fits(page)
    page.goto(services.api + NOTES)
    expect(page.get_by_text("401 Unauthorized")).to_be_visible()
