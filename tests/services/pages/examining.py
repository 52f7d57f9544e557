"""What is wrong with a page, as Chromium and axe see it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Response

from tests.groups import AXE

WIDE, NARROW = 1280, 420
HEIGHT = 900

Rules = dict[str, Any]
ALL_RULES: Rules = {"resultTypes": ["violations"], "preload": False}  # it would load style sheets a second time
# The rules whose result depends on colours or width. The markup is the same, and nothing appears only in narrow
# windows.
COLOURS: Rules = ALL_RULES | {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}
Look = tuple[int, Literal["light", "dark"], Rules]
LOOKS_AT: tuple[Look, ...] = (
    *((WIDE, "light", ALL_RULES), (NARROW, "dark", ALL_RULES)),
    *((WIDE, "dark", COLOURS), (NARROW, "light", COLOURS)),
)
BARRIERS = """rules => axe.run(rules).then(found => found.violations
  .filter(violation => ["serious", "critical"].includes(violation.impact))
  .flatMap(violation => violation.nodes.map(node => [violation.id, `${node.target}`, node.failureSummary])))"""
# Wait until the page is drawn, and end its transitions: during one, the contrast could be anything.
SETTLED = """() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  .then(() => document.getAnimations().forEach(each => each.cancel()))"""
OVERFLOW = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > innerWidth)
      .slice(-1).map(each => `wider than the window, by ${each.outerHTML.slice(0, 200)}`)
  : []"""
# Violations in other projects' pages: the rule, the end of the elements' selectors, and why we accept it.
LET_THROUGH = {
    # Django's admin. The label of the search is an image with a text in place of it, which axe does not read here.
    "label-title-only": "#searchbar",
    # Django's admin. The script that puts two lists side by side gives a name to a mere icon beside the real label.
    "aria-prohibited-attr": ".help-tooltip.search-label-icon",
    # Swagger UI. The line that opens an operation is a button, and holds one that copies its path.
    "nested-interactive": ".opblock-summary-control",
    # Swagger UI. "Examples:" stands before the list to choose one from, but is not tied to it.
    "select-name": ".examples-select-element",
}


@contextmanager
def tab(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Open a tab in a new browser context. Console messages and requests beyond this machine become complaints."""
    with closing(browser.new_context(viewport=_size(WIDE), color_scheme="light", reduced_motion="reduce")) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message.type, message.text)))
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        page.on("response", lambda response: complaints.extend(_missing(response)))
        yield page


def barriers(page: Page, rules: Rules = ALL_RULES) -> list[str]:
    """Return what axe finds serious or critical."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())  # not as a script element: the page's own policy forbids that, as it should
    page.evaluate(SETTLED)
    found: list[tuple[str, str, str]] = page.evaluate(BARRIERS, rules)
    return [
        f"{rule} at {target}: {summary}"
        for rule, target, summary in found
        if not (rule in LET_THROUGH and target.endswith(LET_THROUGH[rule]))
    ]


def examine(page: Page, number: int) -> list[str]:
    """Return what is wrong with a loaded page, in one of two looks (`number`); in all four with LONG_TESTS=1.

    Every page is also checked for a narrow window.
    """
    looks = LOOKS_AT if os.environ.get("LONG_TESTS") == "1" else (LOOKS_AT[number % 2],)
    wrong = []
    for width, scheme, rules in looks:
        page.set_viewport_size(_size(width))
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{scheme}, {width} px: {each}" for each in barriers(page, rules)]
    page.set_viewport_size(_size(NARROW))
    wrong += page.evaluate(OVERFLOW)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(_size(WIDE))
    return wrong


def _size(width: int) -> Any:
    return {"width": width, "height": HEIGHT}


def _complaint(kind: str, text: str) -> list[str]:
    """A status in the console is the page's own, which may be meant, or told by `_missing`."""
    is_status = text.startswith("Failed to load resource: the server responded with a status of")
    return [f"console: {text}"] if kind == "error" and not is_status else []


def _missing(response: Response) -> list[str]:
    is_page = response.request.is_navigation_request()
    return [] if is_page or response.status < 400 else [f"{response.status} for {response.url}"]


def _foreign(url: str) -> list[str]:
    is_near = url.startswith(("http://localhost:", "http://127.0.0.1:", "data:"))
    return [] if is_near else [f"a request to {url}"]
