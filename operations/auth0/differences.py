"""Compare a document of the tenant with what it should hold. Anything beyond that stays as it is."""

from collections.abc import Mapping
from typing import Any


def merged(current: Any, wanted: Any) -> Any:
    """Return `current`, extended by `wanted`: objects and lists get what they lack and keep the rest."""
    if isinstance(wanted, Mapping):
        members = current if isinstance(current, Mapping) else {}
        return {**members, **{name: merged(members.get(name), each) for name, each in wanted.items()}}
    if isinstance(wanted, list | tuple):
        items = list(current) if isinstance(current, list | tuple) else []
        return [*items, *(each for each in wanted if each not in items)]
    return wanted


def differences(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return each member that differs, with its current and its new value."""
    found = {}
    for name, value in wanted.items():
        becomes = merged(current.get(name), value)
        if becomes != current.get(name):
            found[name] = (current.get(name), becomes)
    return found
