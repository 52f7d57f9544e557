"""Typed reading of one dictionary of settings. Every mistake becomes one sentence that names the key."""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from on_behalf_of.primitives.blank import is_invisible

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsMistake(ValueError):
    """One setting is missing, unknown or wrong. The text is one sentence; it never repeats a value."""


class SpelledElsewhere(dict[str, Any]):
    """Settings that come from elsewhere, such as the environment, with the name that each key has there."""

    def __init__(self, names: Mapping[str, str], values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.names = dict(names)

    def __or__(self, others: Mapping[str, Any]) -> "SpelledElsewhere":  # type: ignore[override]
        kept = {key: name for key, name in self.names.items() if key not in others}
        return SpelledElsewhere(kept, {**self, **others})


class DeclaredSettings:
    """The entries of one dictionary, each read by the method for its type.

    `name` is how the settings file spells the dictionary, such as `ON_BEHALF_OF["API"]`. Call `finish()` after the
    last key was read: it refuses keys that were never asked for. Every method raises SettingsMistake.
    """

    def __init__(self, values: object, name: str) -> None:
        if not isinstance(values, Mapping):
            raise SettingsMistake(f"{name} must be a dictionary.")
        self._values = values
        self._name = name
        self._read: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text without blanks at its ends. Without a default, the key is required."""
        value = self._get(key)
        if value is None:
            if default is None:
                self._refuse(key, "is missing")
            return default
        if not isinstance(value, str) or not value.strip() or value != value.strip():
            self._refuse(key, "must be a text that is not empty and has no blanks at its ends")
        return value

    def identifier(self, key: str, default: str | None = None) -> str:
        """Return an identifier, such as an audience or a client id: a text without blanks, kept byte for byte."""
        value = self.text(key, default)
        if any(map(is_invisible, value)):
            self._refuse(key, "must be one identifier without blanks or invisible characters")
        return value

    def identifiers(self, key: str) -> tuple[str, ...]:
        """Return a list or tuple of identifiers; () if the key is missing."""
        value = self._get(key)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
            self._refuse(key, "must be a list of texts")
        items = tuple(value)
        if not items:
            self._refuse(key, "must not be empty; leave it out instead")
        if any(not isinstance(item, str) or not item or any(map(is_invisible, item)) for item in items):
            self._refuse(key, "must be a list of texts without blanks or invisible characters")
        return items

    def choice(self, key: str, default: str, *others: str) -> str:
        """Return one of the allowed texts: `default` or one of `others`."""
        value = self._get(key)
        allowed = (default, *others)
        if value is None:
            return default
        if value not in allowed:
            self._refuse(key, f"must be {', '.join(map(repr, allowed[:-1]))} or {allowed[-1]!r}")
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return True or False. Texts such as "false" are refused, because Python treats them as true."""
        value = self._get(key)
        if value is not None and not isinstance(value, bool):
            self._refuse(key, "must be True or False")
        return default if value is None else value

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """Return a finite number between the bounds, both included."""
        value = self._get(key)
        if value is None:
            return default
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or not low <= value <= high:
            self._refuse(key, f"must be a number from {low:g} to {high:g}")
        return value  # type: ignore[no-any-return] # checked above

    def url(self, key: str, default: str | None = None) -> str:
        """Return an https URL without query or fragment, byte for byte; http is allowed on loopback only."""
        value = self.text(key, default)
        try:
            url = urlsplit(value)
            url.port  # noqa: B018 - raises for a port that is not a number
        except ValueError:
            self._refuse(key, "must be a URL with a valid host and port")
        is_safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
        if not url.hostname or not is_safe or any(map(is_invisible, value)):
            self._refuse(key, "must be an https URL, or an http URL on loopback")
        if "?" in value or "#" in value or url.username is not None:
            self._refuse(key, "must be a URL without credentials, query or fragment")
        return value

    def base_url(self, key: str, default: str | None = None) -> str:
        """Return a URL that paths are appended to, without its final slash."""
        return self.url(key, default).rstrip("/")

    def file(self, key: str) -> Path | None:
        """Return the path of a file that exists; None if the key is missing."""
        path = self.path(key)
        if path is not None and not path.is_file():
            self._refuse(key, "must name a file that exists")
        return path

    def path(self, key: str) -> Path | None:
        """Return a path, whether or not it exists; None if the key is missing."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, str | Path) or not str(value).strip():
            self._refuse(key, "must be a path")
        return Path(value)

    def texts_by_name(self, key: str) -> dict[str, str]:
        """Return a dictionary of texts; {} if the key is missing."""
        value = self._get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or any(
            not isinstance(each, str) or not each for pair in value.items() for each in pair
        ):
            self._refuse(key, "must be a dictionary of texts")
        return dict(value)

    def function(self, key: str) -> Callable[..., Any] | None:
        """Return a function, given as itself or by its dotted path, which is imported; None if the key is missing."""
        value = self._get(key)
        if isinstance(value, str):
            value = self._imported(key, value)
        if value is not None and not callable(value):
            self._refuse(key, "must be a function or the dotted path of one")
        return value  # type: ignore[no-any-return] # checked above

    def value(self, key: str) -> Any:
        """Return the value, of any type; None if the key is missing. The caller checks it."""
        return self._get(key)

    def finish(self) -> None:
        """Refuse keys that were not read, with the likely spelling."""
        for key in self._values:
            if key not in self._read:
                close = get_close_matches(str(key), self._read, n=1)
                meant = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(self._read))}."
                raise SettingsMistake(f"{self._name} has an unknown key {key!r}{meant}")

    def mistake(self, key: str, problem: str) -> SettingsMistake:
        """Return the exception for a value that the caller finds wrong: `problem` is the rest of the sentence."""
        names = self._values.names if isinstance(self._values, SpelledElsewhere) else {}
        name = names.get(key) or f'{self._name}["{key}"]'
        return SettingsMistake(f"{name} {problem}.")

    def _get(self, key: str) -> Any:
        self._read.add(key)
        return self._values.get(key)

    def _imported(self, key: str, dotted: str) -> Any:
        module, _, name = dotted.rpartition(".")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError):
            self._refuse(key, "names a function that cannot be imported; check its dotted path")

    def _refuse(self, key: str, problem: str) -> NoReturn:
        raise self.mistake(key, problem)
