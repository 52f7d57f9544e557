"""The pages in Chromium: no console message, nothing too wide, and no accessibility problem that axe knows of."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser import launched
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, MakeRow
from tests.services.pages.examining import examine, tab

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("committed")]


@pytest.fixture
def paths(log: MakeRow) -> dict[str, str]:
    """Every page, over ordinary, refused and hostile calls."""
    now = timezone.now()
    log(time=now)
    log(time=now, decision="refused", status=403, reason="insufficient_scope", scopes_required=["write:private"])
    log(time=now, decision="failed", status=500, reason="unexpected_error", actor="", actor_chain=[])
    row = log(time=now, subject="\u202e<b>" + "x" * 500, path="/" + "y" * 500, route="", organization="z" * 200)
    return {
        "list": LIST,
        "filtered": f"{LIST}?decision=maybe&scope=a%20b",
        "detail": f"{LIST}{row.pk}/change/",
        "dashboard": DASHBOARD,
        "month": f"{DASHBOARD}?span=30d",
        "index": "/admin/",
    }


@pytest.fixture
def cookie(exporter: Client, settings: Settings) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": exporter.cookies[name].value}


@pytest.fixture
def browser(paths: dict[str, str], cookie: dict[str, str], live_server: LiveServer) -> Iterator[Browser]:
    # Last of the fixtures: while Playwright's event loop runs in this thread, Django refuses to use the database in it.
    with launched() as browser:
        yield browser


@contextmanager
def reviewer(browser: Browser, url: str, cookie: dict[str, str], complaints: list[str]) -> Iterator[Page]:
    """A tab in which the reviewer is logged in."""
    with tab(browser, complaints) as page:
        page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": url}])
        yield page


@pytest.mark.axe
def test_hostile_content_does_not_break_a_page(
    browser: Browser, live_server: LiveServer, paths: dict[str, str], cookie: dict[str, str]
) -> None:
    """Covers what `tests/services/pages` cannot produce: hostile rows and failed calls."""
    complaints: list[str] = []
    with reviewer(browser, live_server.url, cookie, complaints) as page:
        for number, (name, path) in enumerate(paths.items()):
            page.goto(live_server.url + path)
            assert [*examine(page, number), *complaints] == [], name


def test_an_auditor_filters_opens_and_exports_rows(
    browser: Browser, live_server: LiveServer, cookie: dict[str, str], tmp_path: Path
) -> None:
    complaints: list[str] = []
    with reviewer(browser, live_server.url, cookie, complaints) as page:
        page.goto(live_server.url + LIST)
        page.get_by_label("Decision").select_option("refused")
        page.get_by_role("button", name="Show").click()
        expect(page.locator(".calls tbody tr")).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Export as CSV").click()
        download.value.save_as(tmp_path / "export.csv")
        assert (tmp_path / "export.csv").read_text("utf-8-sig").count("refused") == 1
        page.locator(".calls tbody tr a").first.click()
        page.get_by_role("heading", name="What was requested, and why it was decided this way").wait_for()
        assert complaints == []
