"""What the demo shows, on a terminal with colours and a progress display, plainly where there is none."""

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
        """A progress display while something takes its time; one line where there is no terminal."""
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
    """What a reader wants to know of a token: its claims, never the token. Nothing is verified here."""
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
    """An act claim, from the current actor to the first."""
    actors = []
    while act:
        actors.append(str(act["sub"]))
        act = act.get("act")
    return " acting for ".join(actors) or "none: the user's client speaks for itself"
