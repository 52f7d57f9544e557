"""Helpers for tests in Chromium. Tests wait for what a page shows, never for a fixed time."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.groups import chromium

PATIENCE = 30_000.0  # milliseconds; a busy machine is slow
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

expect.set_options(timeout=PATIENCE)


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield browser
        browser.close()


def fits(page: Page) -> bool:
    """Return whether the page fits without horizontal scrolling. Wait until it has loaded before calling this."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def log_in(page: Page, name: Locator, *, as_: str, password: str) -> None:
    """Fill the login form that `page` shows or is about to show, its autofocus on `name`, and wait until it is gone."""
    expect(name).to_be_focused()  # typing before the page's autofocus makes Chromium complain in its console
    name.fill(as_)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    # The next page may be anything, but a navigation of the test's own before it would cancel the login.
    expect(page.get_by_label("Password")).to_have_count(0)
