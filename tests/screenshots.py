"""`make screenshots`: the pictures of README.md and docs/, taken from the real pages of running services.

It lives with the tests because it drives the same browser and the same pages as they do.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

import requests
from playwright.sync_api import Browser, Page

from config.environment import BASE_DIR
from tests.browser import launched, log_in
from tests.services.clients.inspector_pages import InspectorPages
from tests.services.clients.running_inspector import inspecting
from tests.services.pages.examining import SETTLED
from tests.services.running import Running

PICTURES = BASE_DIR / "docs" / "pictures"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, HEIGHT = 1360, 860
LOG = "admin/obo_audit/delegatedaccess/"


class Album:
    """Takes each picture twice, in light and in dark."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def take(self, name: str) -> None:
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(SETTLED)
            self.page.screenshot(path=PICTURES / f"{name}-{scheme}.png")


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    with closing(browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})) as context:
        yield context.new_page()


def call_as_people_do(services: Running) -> None:
    """Fill the log: two users, reads, writes and refusals."""
    for subject, scope in (
        ("auth0|local-admin", "tool:whoami tool:greet tool:notes"),
        ("auth0|local-user", "tool:whoami"),
    ):
        token = services.subject_token(subject, scope)
        for _ in range(4):
            services.call("greet", token)
        services.call("list_notes", token)
        services.call("add_note", token, title="Groceries", body="Two litres of milk")
    act = {"sub": "local-mcp-bridge", "act": {"sub": "local-manual-client"}}
    delegated = {"aud": f"{services.api}/", "client_id": "local-mcp-bridge", "act": act}
    for scope in ("read:private", "openid", "openid"):
        token = services.subject_token("auth0|local-user", scope, **delegated)
        headers = {"Authorization": f"Bearer {token}"}
        requests.get(f"{services.api}/api/private-scope", headers=headers, timeout=30)


def pictures_of_inspector(browser: Browser, services: Running, home: Path) -> None:
    """The consent page on the way in, and a tool call with its answer."""
    with inspecting(services, home) as inspector, tab(browser) as page:
        album, pages = Album(page), InspectorPages(page, inspector)
        page.goto(inspector.url)
        page.get_by_role("switch", name="Connect or disconnect").dispatch_event("click")
        log_in(page, page.get_by_label("E-mail"), as_="admin@example.com", password="admin-demo")
        page.get_by_role("button", name="Allow").wait_for()
        album.take("consent")
        pages.allow()
        page.get_by_text("Connected", exact=True).wait_for()
        pages.tools()
        pages.open_tool("Greet me")
        pages.execute()
        pages.wait_for_answer("Hello auth0|local-admin!")
        page.get_by_text("Authorization complete").wait_for(state="hidden")  # a notice that goes by itself
        album.take("inspector")


def pictures_of_the_log(browser: Browser, services: Running) -> None:
    """The list, one call with its chain, and the dashboard, as a reviewer sees them."""
    with tab(browser) as page:
        album = Album(page)
        page.goto(f"{services.api}/{LOG}")
        log_in(page, page.get_by_label("Username"), as_="auditor", password="auditor-demo")
        page.goto(f"{services.api}/{LOG}")
        album.take("log")
        page.locator("#content tbody tr").filter(has_text="allowed").first.get_by_role("link").first.click()
        page.get_by_role("heading", name="The access token").wait_for()
        album.take("call")
        page.goto(f"{services.api}/{LOG}dashboard/")
        album.take("dashboard")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as state, Running(Path(state)).up() as services:
        call_as_people_do(services)
        with launched() as browser:
            pictures_of_inspector(browser, services, Path(state))
            pictures_of_the_log(browser, services)
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
