"""What is wrong with a page, as Chromium and axe see it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.groups import AXE

WIDE, NARROW = 1280, 420
HEIGHT = 900

Rules = dict[str, Any]
ALL_RULES: Rules = {"resultTypes": ["violations"], "preload": False}  # it would load style sheets a second time
CONTRAST: Rules = ALL_RULES | {"runOnly": ["color-contrast"]}  # all that depends on colours
BARRIERS = """rules => axe.run(rules).then(found => found.violations
  .filter(violation => ["serious", "critical"].includes(violation.impact))
  .flatMap(violation => violation.nodes.map(node => [violation.id, `${node.target}`, node.failureSummary])))"""
OVERFLOW = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > innerWidth)
      .slice(-1).map(each => `wider than the window, by ${each.outerHTML.slice(0, 200)}`)
  : []"""
# What is not ours to mend: the rule, how the selectors of its elements end, and why they are let through.
LET_THROUGH = {
    # Django's admin. The label of the search is an image with a text in place of it, which axe does not read here.
    "label-title-only": "#searchbar",
    # Django's admin. The script that puts two lists side by side gives a name to a mere icon beside the real label.
    "aria-prohibited-attr": ".help-tooltip.search-label-icon",
}


@contextmanager
def tab(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """In a browser of its own. What its console says, and requests that leave this machine, are complaints."""
    # Without motion: a colour that is on its way to another has any contrast.
    with closing(browser.new_context(viewport=_size(WIDE), color_scheme="light", reduced_motion="reduce")) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message.type, message.text)))
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        yield page


def barriers(page: Page, rules: Rules = ALL_RULES) -> list[str]:
    """What axe finds serious or critical."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())  # not as a script element: the page's own policy forbids that, as it should
    found: list[tuple[str, str, str]] = page.evaluate(BARRIERS, rules)
    return [
        f"{rule} at {target}: {summary}"
        for rule, target, summary in found
        if not (rule in LET_THROUGH and target.endswith(LET_THROUGH[rule]))
    ]


def examine(page: Page) -> list[str]:
    """In both widths and both colour schemes, without loading the page again."""
    wrong = []
    for width, rules in ((WIDE, ALL_RULES), (NARROW, ALL_RULES)):
        page.set_viewport_size(_size(width))
        wrong += [f"light, {width} px: {each}" for each in [*page.evaluate(OVERFLOW), *barriers(page, rules)]]
        page.emulate_media(color_scheme="dark")
        wrong += [f"dark, {width} px: {each}" for each in barriers(page, CONTRAST)]
        page.emulate_media(color_scheme="light")
    page.set_viewport_size(_size(WIDE))
    return wrong


def _size(width: int) -> Any:
    return {"width": width, "height": HEIGHT}


def _complaint(kind: str, text: str) -> list[str]:
    return [f"console: {text}"] if kind in {"error", "warning"} else []


def _foreign(url: str) -> list[str]:
    is_near = url.startswith(("http://localhost:", "http://127.0.0.1:", "data:"))
    return [] if is_near else [f"a request to {url}"]
