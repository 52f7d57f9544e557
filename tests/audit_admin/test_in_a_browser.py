"""The pages as Chromium shows them: no complaint in its console, nothing too wide, and no barrier that axe knows of."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.audit_admin.conftest import DASHBOARD, LIST, MakeRow
from tests.groups import AXE, chromium

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("committed")]

LOOKS = [("light", 1360), ("dark", 1360), ("light", 400), ("dark", 400)]


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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser, url: str, cookie: dict[str, str], look: tuple[str, int]
) -> Iterator[tuple[Page, list[str]]]:
    """A tab in which the reviewer is logged in, and what its console complains of."""
    scheme: Any = look[0]
    with closing(browser.new_context(color_scheme=scheme, viewport={"width": look[1], "height": 900})) as context:
        context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_complains_or_is_wider_than_the_window(
    browser: Browser, live_server: LiveServer, paths: dict[str, str], cookie: dict[str, str], look: tuple[str, int],
) -> None:  # fmt: skip
    with window(browser, live_server.url, cookie, look) as (page, complaints):
        for name, path in paths.items():
            page.goto(live_server.url + path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
            assert complaints == [], name


@pytest.mark.axe
@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS if os.environ.get("LONG_TESTS") == "1" else [LOOKS[0], LOOKS[-1]])
def test_axe_finds_no_serious_barrier(
    browser: Browser, live_server: LiveServer, paths: dict[str, str], cookie: dict[str, str], look: tuple[str, int]
) -> None:
    with window(browser, live_server.url, cookie, look) as (page, _):
        for path in [*paths.values(), "/admin/login/"]:
            if path == "/admin/login/":
                page.context.clear_cookies()
            page.goto(live_server.url + path)
            page.evaluate(AXE.read_text())  # not as a script element: the page's own policy forbids that, as it should
            found = page.evaluate("axe.run()")["violations"]
            barriers = [
                (violation["id"], node["target"], node.get("failureSummary"))
                for violation in found
                if violation["impact"] in {"serious", "critical"}
                for node in violation["nodes"]
            ]
            assert barriers == [], path


def test_filtering_opening_and_exporting_by_hand(
    browser: Browser, live_server: LiveServer, cookie: dict[str, str], tmp_path: Path
) -> None:
    with window(browser, live_server.url, cookie, LOOKS[0]) as (page, complaints):
        page.goto(live_server.url + LIST)
        page.get_by_label("Decision").select_option("refused")
        page.get_by_role("button", name="Show").click()
        assert page.locator(".calls tbody tr").count() == 1
        with page.expect_download() as download:
            page.get_by_role("button", name="Export as CSV").click()
        download.value.save_as(tmp_path / "export.csv")
        assert (tmp_path / "export.csv").read_text("utf-8-sig").count("refused") == 1
        page.locator(".calls tbody tr a").first.click()
        page.get_by_role("heading", name="What was asked, and why it was decided so").wait_for()
        assert complaints == []
