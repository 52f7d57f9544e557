"""The rows of the last saved run: in results.json, and as a table in docs/clients.md."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.environment import BASE_DIR
from tests.clients.client import Row

RESULTS = Path(__file__).resolve().parent / "results.json"
PAGE = BASE_DIR / "docs" / "clients.md"
HEADINGS = {
    "client": "Client",
    "version": "Version",
    "discovery": "Finds the tenant",
    "registration": "Registration",
    "login": "Logs in",
    "list": "Lists tools",
    "greet": "`greet`",
    "step_up": "`add_note`",
    "forget": "Forgets its login by",
}
_TABLE = re.compile(r"(?<=<!-- written by python -m tests.clients --write -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)


def known_rows() -> dict[str, Row]:
    """By the client's name."""
    if not RESULTS.exists():
        return {}
    return {row["client"]: Row(**row) for row in json.loads(RESULTS.read_text())["rows"]}


def table(rows: Iterable[Row]) -> str:
    """In Markdown; remarks stand below it."""
    rows = sorted(rows, key=lambda row: row.client.lower())
    lines = [list(HEADINGS.values()), ["---"] * len(HEADINGS)]
    lines += [[row.as_dict()[name] for name in HEADINGS] for row in rows]
    remarks = [f"- {row.client}: {row.remark}" for row in rows if row.remark]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ([""] if remarks else []) + remarks)


def documented() -> str:
    """Return the text between the marks in docs/clients.md."""
    found = _TABLE.search(PAGE.read_text())
    return found[0] if found else ""


def as_documented(kept: Mapping[str, Any]) -> str:
    rows = [Row(**row) for row in kept["rows"]]
    return f"The rows of {kept['date']}:\n\n{table(rows)}"


def write_rows(rows: Mapping[str, Row]) -> None:
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "rows": [rows[name].as_dict() for name in sorted(rows, key=str.lower)],
    }
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    page, number = _TABLE.subn(lambda _: as_documented(kept), PAGE.read_text())
    assert number == 1, f"{PAGE.name} has lost the marks between which the table stands"
    PAGE.write_text(page)
