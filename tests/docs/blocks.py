"""The fenced code blocks of the pages at the root and in docs/, for the tests that run them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.environment import BASE_DIR

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"`([\w./-]+\.py)`")


@dataclass(frozen=True)
class Block:
    page: str  # below the repository
    kind: str  # the word after the fence
    text: str
    prose: str  # what stands before it

    @property
    def commands(self) -> list[str]:
        """Return the commands of a console block, with continued lines joined."""
        joined = self.text.replace("\\\n", " ")
        return [line.removeprefix("$ ").partition("  #")[0] for line in joined.splitlines() if line.startswith("$ ")]

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of an environment block."""
        lines = [line for line in self.text.splitlines() if line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def write_below(self, folder: Path) -> None:
        """Write the block into the file that the prose names last; append it if the prose says so."""
        paragraph = self.prose.rstrip().rpartition("\n\n")[2]
        file = folder / _PATH.findall(paragraph)[-1]
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() + "\n" if "the end of" in paragraph else ""
        file.write_text(before + self.text)


def pages() -> list[str]:
    below_docs = sorted(str(file.relative_to(BASE_DIR)) for file in (BASE_DIR / "docs").rglob("*.md"))
    return ["README.md", "CONTRIBUTING.md", "SECURITY.md", *below_docs]


def blocks(page: str, kind: str | None = None) -> list[Block]:
    """Return the blocks of a page in order, or only those of a `kind`."""
    text = (BASE_DIR / page).read_text(encoding="utf-8")
    found = [Block(page, match[1], match[2], text[: match.start()]) for match in _FENCE.finditer(text)]
    return [block for block in found if kind is None or block.kind == kind]


def as_documented(value: Any, replacements: Mapping[str, str]) -> Any:
    """Replace ids, addresses and ports of this run by those that the page shows."""
    text = json.dumps(value, ensure_ascii=False)
    for real, shown in replacements.items():
        text = text.replace(real, shown)
    return json.loads(text)
