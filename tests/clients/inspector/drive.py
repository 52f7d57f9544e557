"""MCP Inspector's pages, as `make inspect` opens them, in Chromium. The repository's own package.json names it."""

from contextlib import closing
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Frame, sync_playwright

from config.environment import BASE_DIR
from tests.clients.browser import ADA, Visit
from tests.clients.client import Client, Seen
from tests.clients.npm import version_of
from tests.clients.room import Room
from tests.groups import chromium
from tests.services.clients.inspector_pages import InspectorPages
from tests.services.clients.running_inspector import inspecting

PATIENCE = 60_000.0  # milliseconds; a busy machine is slow
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"]  # fmt: skip


def drive(room: Room, seen: Seen) -> None:
    def navigated(frame: Frame) -> None:
        """Record each navigation to the tenant with a request, or to Inspector with its answer."""
        url = urlsplit(frame.url)
        query = dict(parse_qsl(url.query))
        if url.path == "/authorize":
            room.browser.visits.append(Visit(frame.url, query))
        elif url.path == "/oauth/callback":
            room.browser.visits[-1].returned_to = frame.url

    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=chromium(), args=QUIET)) as browser,
    ):
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.on("framenavigated", navigated)
        with inspecting(room.services, room.home) as inspector:
            use(InspectorPages(page, inspector), seen)
        with inspecting(room.services, room.home) as inspector:  # started anew, it knows no token
            page.goto(inspector.url)
            page.get_by_role("switch", name="Connect or disconnect").dispatch_event("click")
            page.get_by_role("button", name="Allow").wait_for()
            seen.forgot = "ending `make inspect`"


def use(pages: InspectorPages, seen: Seen) -> None:
    pages.connect(*ADA)
    seen.tools = pages.tools()
    pages.open_tool("Greet me")
    pages.execute()
    pages.wait_for_answer("Hello auth0|local-admin!")
    seen.greeting = "Hello auth0|local-admin!"
    pages.open_tool("Write a note")
    pages.page.get_by_role("textbox", name="title").fill("From Inspector")
    pages.execute()
    pages.dialog().get_by_role("button", name="Authorize").click()
    pages.allow()
    pages.execute()
    pages.wait_for_answer("created_at")
    seen.note = "Milk"


CLIENTS = [
    Client(
        "MCP Inspector",
        BASE_DIR,
        lambda: version_of(BASE_DIR, "@modelcontextprotocol/inspector"),
        drive,
        is_for_ci=False,
    )
]
