"""The path of one call: user → original client → … → current actor → API."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from on_behalf_of.audit.admin.visible_text import shortened
from on_behalf_of.audit.models import DelegatedAccess

BOX_WIDTH, BOX_HEIGHT, GAP = 320, 56, 30  # units of the picture
MAX_NAME = 30  # characters that fit into a box


@dataclass(frozen=True)
class Hop:
    role: str  # for people
    kind: str  # for the style sheet: user, client, actor, api
    name: str
    detail: str = ""

    @property
    def is_current_actor(self) -> bool:
        return self.kind == "actor"


def hops(row: DelegatedAccess) -> list[Hop]:
    """Return the hops of a row, even if somebody has tampered with what is stored."""
    is_machine = row.subject in {row.client_id, f"{row.client_id}@clients"}
    user = Hop("machine" if is_machine else "user", "user", row.subject)
    return [user, *_between(row), Hop("resource", "api", "API")]


def _between(row: DelegatedAccess) -> Iterator[Hop]:
    chain = row.actor_chain if isinstance(row.actor_chain, list) else []
    levels = [level for level in chain if isinstance(level, dict)]
    if not levels:
        yield Hop("client", "client", row.client_id)
        return
    *earlier, current = reversed(levels)
    for number, level in enumerate(earlier):
        yield Hop("client" if number == 0 else "prior actor", "client", _name(level), _detail(level))
    yield Hop("current actor", "actor", _name(current), _detail(current))


def _name(level: dict[str, Any]) -> str:
    return str(level.get("sub") or level.get("client_id") or "?")


def _detail(level: dict[str, Any]) -> str:
    known = (("client_id", "client"), ("sub_profile", "is"), ("client_profile", "client is"), ("iss", "from"))
    return ", ".join(f"{label} {level[key]}" for key, label in known if level.get(key))


@dataclass(frozen=True)
class Box:
    """One hop in the picture: from top to bottom, so that it stays readable in a narrow window."""

    hop: Hop
    y: int
    is_last: bool

    @property
    def short_name(self) -> str:
        return shortened(self.hop.name, MAX_NAME)

    @property
    def text_y(self) -> int:
        return self.y + 42

    @property
    def role_y(self) -> int:
        return self.y + 20

    @property
    def arrow(self) -> str:
        """The path of the arrow to the next box."""
        top, x = self.y + BOX_HEIGHT, BOX_WIDTH // 2
        tip = top + GAP - 3
        return f"M{x} {top + 3}V{tip}M{x - 5} {tip - 6}L{x} {tip}L{x + 5} {tip - 6}"


@dataclass(frozen=True)
class Picture:
    boxes: list[Box]
    width: int
    height: int

    @property
    def sentence(self) -> str:
        """The same in words, for those who cannot see the picture."""
        return ", then ".join(f"{box.hop.role} {shortened(box.hop.name, 80)}" for box in self.boxes) + "."


def picture(row: DelegatedAccess) -> Picture:
    way = hops(row)
    step = BOX_HEIGHT + GAP
    boxes = [Box(hop, 2 + number * step, number == len(way) - 1) for number, hop in enumerate(way)]
    return Picture(boxes, BOX_WIDTH + 4, len(way) * step - GAP + 4)
