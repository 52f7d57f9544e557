"""The demo's output: with colours and a spinner on a terminal, plain text elsewhere."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Story:
    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, width=110)
        self._chapter = 0

    def chapter(self, title: str) -> None:
        self._chapter += 1
        self._console.print(f"\n[bold cyan]{self._chapter}. {escape(title)}[/]")

    def say(self, text: str) -> None:
        self._console.print(f"   {escape(text)}")

    def good(self, text: str) -> None:
        self._console.print(f"   [green]✓[/] {escape(text)}")

    def refused(self, text: str) -> None:
        self._console.print(f"   [yellow]✗[/] {escape(text)}")

    def hop(self, text: str) -> None:
        self._console.print(f"   [dim]→ {escape(text)}[/]")

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show a spinner while the block runs; without a terminal, print one line."""
        if self._console.is_terminal:
            with self._console.status(escape(text), spinner="line"):  # ASCII, for any console
                yield
        else:
            self._console.print(f"   {escape(text)}")
            yield

    def claims(self, name: str, claims: Sequence[tuple[str, str]]) -> None:
        table = Table.grid(padding=(0, 2))
        for claim, value in claims:
            table.add_row(f"     [dim]{escape(claim)}[/]", escape(value))
        self._console.print(f"   [bold]{escape(name)}[/]")
        self._console.print(table)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = Table(*columns, box=None, padding=(0, 2), header_style="bold")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        self._console.print(table)


def token_claims(token: str) -> list[tuple[str, str]]:
    """Return the claims that the demo shows. The token itself is never shown, and nothing is verified here."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return [
        ("audience", str(claims["aud"])),
        ("subject", claims["sub"]),
        ("client", claims.get("client_id") or claims.get("azp", "")),
        ("scopes", claims.get("scope", "") or "none"),
        ("actors", chain_of(claims.get("act"))),
    ]


def chain_of(act: dict[str, Any] | None) -> str:
    """Describe an act claim, from the current actor to the first."""
    actors = []
    while act:
        actors.append(str(act["sub"]))
        act = act.get("act")
    return " acting for ".join(actors) or "none: the user's own client calls directly"
