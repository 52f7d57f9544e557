"""Read `ON_BEHALF_OF`, the one setting of a project that uses this library: a dictionary with an entry for each room.

    ON_BEHALF_OF = {
        "API": {"ISSUER": "https://tenant.example/", "AUDIENCE": "https://api.example/"},
        "AUDIT": {"SEALING": "thread"},
    }

An entry is a dictionary, or the room's own configuration object if the project builds it itself. Each room reads its
own entry and documents the keys: `drf/configuration.py`, `audit/configuration.py` and `mcp/configuration.py`.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from on_behalf_of.primitives.declared_settings import DeclaredSettings, SettingsMistake

ROOMS = ("API", "AUDIT", "MCP")
Configuration = TypeVar("Configuration")
Configuration_co = TypeVar("Configuration_co", covariant=True)


class Room(Protocol[Configuration_co]):
    def __call__(self) -> Configuration_co: ...


def room_of(
    name: str, kind: type[Configuration]
) -> Callable[[Callable[[DeclaredSettings], Configuration]], Room[Configuration]]:
    """Turn a function that reads one room's dictionary into one that returns the room's configuration.

    The setting is read once, and again after a test overrides it. The returned function raises ImproperlyConfigured,
    with one sentence, if the entry is missing or wrong.
    """

    def decorate(read: Callable[[DeclaredSettings], Configuration]) -> Room[Configuration]:
        @cache
        @wraps(read)
        def configuration() -> Configuration:
            entry = _entries().get(name)
            if isinstance(entry, kind):
                return entry
            if entry is None:
                raise ImproperlyConfigured(f'ON_BEHALF_OF["{name}"] is missing; add it to the settings.')
            declared = DeclaredSettings(entry, f'ON_BEHALF_OF["{name}"]')
            try:
                result = read(declared)
                declared.finish()
            except SettingsMistake as mistake:
                raise ImproperlyConfigured(str(mistake)) from None
            return result

        def forget(*, setting: str, **_kwargs: Any) -> None:
            if setting == "ON_BEHALF_OF":
                configuration.cache_clear()

        setting_changed.connect(forget, weak=False)
        return configuration

    return decorate


def is_declared(name: str) -> bool:
    """Return whether the project configures a room. Raises ImproperlyConfigured if the setting has unknown entries."""
    return name in _entries()


def _entries() -> dict[str, Any]:
    entries = getattr(settings, "ON_BEHALF_OF", None)
    if not isinstance(entries, dict):
        raise ImproperlyConfigured('ON_BEHALF_OF must be a dictionary, such as {"API": {...}, "AUDIT": {...}}.')
    if unknown := [name for name in entries if name not in ROOMS]:
        raise ImproperlyConfigured(f"ON_BEHALF_OF has an unknown entry {unknown[0]!r}; known are {', '.join(ROOMS)}.")
    return entries
