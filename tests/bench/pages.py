"""Parts of documentation pages that are written from runs, between markers. Everything else of a page stays."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def put_between_markers(text: str, name: str, part: str) -> str:
    """Replace what stands between the markers of `name`. Raises ValueError unless they are there exactly once."""
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- end of {name} -->"
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(between.findall(text)) != 1:
        raise ValueError(f"the page needs exactly one part between {begin} and {end}")
    return between.sub(lambda _: f"{begin}\n\n{part.strip()}\n\n{end}", text)


def rewrite(page: Path, parts: dict[str, str]) -> None:
    """Replace all these parts of the page."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = put_between_markers(text, name, part)
    page.write_text(text, encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
