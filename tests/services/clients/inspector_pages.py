"""MCP Inspector's and the tenant's pages: what to click, and what to wait for."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from tests.services.clients.running_inspector import RunningInspector


@dataclass
class InspectorPages:
    page: Page
    inspector: RunningInspector

    def connect(self, email: str, password: str) -> None:
        """Connect for the first time, through the tenant's login and consent pages."""
        self.page.goto(self.inspector.url)
        # The switch itself is covered by its own picture, and may have no size yet.
        self.page.get_by_role("switch", name="Connect or disconnect").dispatch_event("click")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.allow()
        self.page.get_by_text("Connected", exact=True).wait_for()

    def allow(self) -> None:
        """On the consent page, which says who asks and where the answer goes."""
        self.page.get_by_text("MCP Inspector").wait_for()
        self.page.get_by_text(f"http://localhost:{self.inspector.port}/oauth/callback").wait_for()
        self.page.get_by_role("button", name="Allow").click()

    def tools(self) -> list[str]:
        """The names of the tools on its list, which is opened."""
        self.page.get_by_text("Tools", exact=True).click()
        heading = self.page.get_by_role("heading", name="Tools (")
        heading.wait_for()
        count = int("".join(filter(str.isdecimal, heading.inner_text())))
        listed = [self.page.locator("main button p:nth-of-type(2)").nth(number) for number in range(count)]
        return [each.inner_text() for each in listed]

    def open_tool(self, title: str) -> None:
        self.page.get_by_role("button", name=title).click()
        self.page.get_by_role("button", name="Execute Tool").wait_for()

    def execute(self) -> None:
        self.page.get_by_role("button", name="Execute Tool").click()

    def wait_for_answer(self, sentence: str) -> None:
        self.page.get_by_role("heading", name="Results").wait_for()
        self.page.get_by_text(sentence).first.wait_for()

    def dialog(self) -> Locator:
        """The dialog that it shows if the token lacks a scope."""
        return self.page.get_by_role("dialog", name="Additional permissions required")
