"""Users on the pages in a real browser, wide and narrow. `pages/test_every_page.py` checks how each page looks."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import fits, log_in
from tests.services.running import Running

pytestmark = pytest.mark.browser
CALLBACK = "http://localhost:6274/oauth/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # any; nobody redeems the code


@pytest.fixture(params=[(1100, "light"), (360, "dark")], ids=["wide", "narrow"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab in a new browser context. Errors in its console fail the test."""
    width, scheme = request.param
    with closing(browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert [text for text in complaints if "status of 401" not in text] == []


def authorize_url(services: Running, scope: str) -> str:
    return (
        f"{services.issuer}/authorize?response_type=code&client_id=local-manual-client&redirect_uri={CALLBACK}"
        f"&scope={scope}&resource={services.mcp}&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )


def test_a_user_logs_in_and_allows_a_client(page: Page, services: Running) -> None:
    """Through the login and consent pages to the client's redirect, which the consent page's CSP must let through."""
    page.route(f"{CALLBACK}**", lambda route: route.fulfill(body="back"))
    page.goto(authorize_url(services, "tool:whoami%20tool:greet"))
    assert fits(page)
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill("admin-demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("tool:greet")).to_be_visible()
    expect(page.get_by_text("admin@example.com")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{CALLBACK}**")
    assert "code=" in page.url
    assert "iss=" in page.url  # RFC 9207


def test_a_user_who_cancels_by_keyboard_returns_without_a_code(page: Page, services: Running) -> None:
    page.goto(authorize_url(services, "tool:whoami"))
    expect(page.get_by_label("E-mail")).to_be_focused()  # autofocus comes after the load event
    page.keyboard.type("user@example.com")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type("user-demo")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").wait_for()
    page.wait_for_load_state()
    stops: list[str] = []
    while stops[-1:] != ["Cancel"] and len(stops) < 9:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.innerText.trim()"))
    assert stops == ["Skip to the content", "Local tenant", "Use another account", "Cancel"]
    with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as back:
        page.keyboard.press("Enter")
    assert "error=access_denied" in back.value.url


def test_an_auditor_reads_the_log_and_changes_nothing(page: Page, services: Running) -> None:
    token = services.subject_token("auth0|local-admin")
    services.answer("greet", token)
    page.goto(f"{services.api}/admin/")
    log_in(page, page.get_by_label("Username"), as_="auditor", password="auditor-demo")
    page.goto(f"{services.api}/admin/obo_audit/delegatedaccess/")
    row = page.locator("#content tbody tr").first
    expect(row).to_contain_text("auth0|local-admin")
    expect(row).to_contain_text("local-mcp-bridge")
    row.get_by_role("link").first.click()
    page.get_by_text("/api/private-scope").first.wait_for()
    assert page.get_by_role("button", name="Save").count() == 0
    assert page.get_by_role("link", name="Delete").count() == 0
