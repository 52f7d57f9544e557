"""The API's description in a real browser: a user reads it, logs in at the tenant, and tries a call."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import fits, log_in
from tests.services.running import Running

pytestmark = pytest.mark.browser


@pytest.fixture(params=[(1100, "light"), (360, "dark")], ids=["wide", "narrow"])
def context(browser: Browser, request: pytest.FixtureRequest, services: Running) -> Iterator[BrowserContext]:
    """A new browser context. Complaints in its console and requests to other hosts fail the test."""
    width, scheme = request.param
    complaints: list[str] = []
    with closing(browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)) as context:
        context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        ours = (services.api, services.issuer, "data:", "blob:")
        context.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(ours) else None)
        yield context
        assert complaints == []


def opened(context: BrowserContext, services: Running) -> Page:
    page = context.new_page()
    page.goto(f"{services.api}/docs")
    page.locator("#operations-private-scope-private_scope_retrieve").wait_for()
    return page


def authorize(page: Page, *, by: str) -> Page:
    """Go from Swagger UI's dialog to the tenant's page, which opens in its own window."""
    page.get_by_role("button", name="Authorize").first.click()
    with page.expect_popup() as popup:
        page.locator(".auth-container", has_text="authorizationCode").locator("button.authorize").click()
    tenant = popup.value
    log_in(tenant, tenant.get_by_label("E-mail"), as_=by, password="user-demo")
    return tenant


def test_a_user_logs_in_on_the_description_page_and_calls_an_endpoint(
    context: BrowserContext, services: Running
) -> None:
    page = opened(context, services)
    assert fits(page)
    rows_before = len(services.audit(client_id="local-api-login"))
    tenant = authorize(page, by="user@example.com")
    with tenant.expect_event("close"):  # it hands over what came, and goes
        tenant.get_by_role("button", name="Allow").click()
    page.locator(".auth-container button", has_text="Logout").wait_for()
    page.locator(".close-modal").click()
    operation = page.locator("#operations-private-scope-private_scope_retrieve")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer.locator("tbody td.response-col_status").first).to_contain_text("200")
    expect(answer).to_contain_text("auth0|local-user")
    row = services.audit(client_id="local-api-login")[rows_before]
    assert (row["subject"], row["path"], row["status"]) == ("auth0|local-user", "/api/private-scope", 200)
    request_id = re.search(r"x-request-id: ([0-9a-f]{32})", answer.inner_text())
    assert request_id
    assert request_id[1] == row["request_id"]


def test_a_cancelled_login_is_reported_and_an_unrequested_response_changes_nothing(
    context: BrowserContext, services: Running
) -> None:
    page = opened(context, services)
    foreign = context.new_page()
    foreign.goto(f"{services.api}/docs/oauth2-redirect.html?code=stolen&state=guessed")
    assert foreign.url == f"{services.api}/docs/oauth2-redirect.html"
    expect(foreign.get_by_text("If nothing happens")).to_be_visible()
    tenant = authorize(page, by="user@example.com")
    tenant.get_by_role("button", name="Cancel").click()
    page.locator(".auth-container .errors").get_by_text("access_denied").wait_for()
    expect(page.locator(".auth-container button", has_text="Logout")).to_have_count(0)
