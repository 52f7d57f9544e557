from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """Words and examples for one operation of the description, beside what is drawn from its view."""

    summary: str
    description: str = ""  # the view's docstring, where there is none
    request: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
