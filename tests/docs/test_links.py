"""Links in the pages at the root. The site's generator checks those in docs/."""

import re

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import pages

PAGES = ["CHANGELOG.md", *(page for page in pages() if not page.startswith("docs/"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchor(heading: str) -> str:
    """Return a heading's anchor, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    for target, heading in LINK.findall((BASE_DIR / page).read_text(encoding="utf-8")):
        file = BASE_DIR / (target or page)
        assert file.exists(), target
        if heading:
            assert heading in map(anchor, HEADING.findall(file.read_text(encoding="utf-8"))), (target, heading)
