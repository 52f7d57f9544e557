"""The declaration of an environment variable, and the typed reading of declared ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.environment.kinds import WrongText
from on_behalf_of.primitives.blank import is_blank

API, BRIDGE, TENANT = "API", "bridge", "local tenant"  # what needs a variable
ALL = (API, BRIDGE, TENANT)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Variable(Generic[T_co]):
    """One environment variable: how its text is read, and what docs/configuration.md says about it.

    `meaning` and `otherwise` are Markdown, with links relative to docs/.
    """

    name: str
    kind: Callable[[str], T_co]  # raises WrongText
    meaning: str
    needed_by: tuple[str, ...]
    default: str = ""  # read like a value if the variable is unset
    otherwise: str = ""  # the default in words, if it depends on other variables
    example: str | None = None  # what .env.example assigns; None leaves the variable out

    def mistake(self, problem: str) -> ImproperlyConfigured:
        """Return the exception that stops the start. It never repeats the value, which may be a misplaced secret."""
        return ImproperlyConfigured(f"{self.name} {problem}. Set it in the environment or in .env.")


class Variables:
    """The variables of one environment, each read as it is declared. Every mistake raises ImproperlyConfigured."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __call__(self, variable: Variable[T]) -> T:
        """Return the value, or the declared default."""
        return self._parsed(variable, self.text(variable) or variable.default)

    def given(self, variable: Variable[T]) -> T | None:
        """Return the value; None if the variable is unset, whatever its default."""
        text = self.text(variable)
        return self._parsed(variable, text) if text else None

    def text(self, variable: Variable[Any]) -> str:
        """Return the text without blanks at its ends; "" if the variable is unset or blank."""
        given = self._values.get(variable.name, "")
        text = given.strip()
        # A text that only looks empty must not count as unset, because unset may mean that anything is allowed.
        if is_blank(text) and given.strip(" \t\r\n"):
            raise variable.mistake("contains only invisible characters; set a value, or leave it unset")
        if any(ord(character) < ord(" ") for character in text):
            raise variable.mistake("must not contain control characters")
        return text

    @staticmethod
    def _parsed(variable: Variable[T], text: str) -> T:
        try:
            return variable.kind(text)
        except WrongText as wrong:
            raise variable.mistake(str(wrong)) from None
