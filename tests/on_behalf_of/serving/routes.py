"""Every route of a service, as paths that can be requested."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import get_resolver

SERVICES = ("api", "tenant", "bridge")
NAMES = {"form": "csv", "pk": "b5f3c1a2-0000-4000-8000-000000000000"}  # what stands for a parameter; "1" for others


def paths(service: str) -> list[str]:
    """Return the paths of all views of `service`, except catch-all ones."""
    return list(dict.fromkeys(_paths(get_resolver(f"config.{service}.urls").url_patterns, "/")))


def _paths(patterns: Sequence[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        path = prefix + _filled_in(str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from _paths(pattern.url_patterns, path)
        elif getattr(pattern.callback, "should_append_slash", True):
            yield path


def _filled_in(route: str) -> str:
    alternatives = r"\(\?P<\w+>(\w+)(?:\|\w+)*\)"
    return re.sub(
        r"<(?:\w+:)?(\w+)>", lambda match: NAMES.get(match[1], "1"), re.sub(alternatives, r"\1", route)
    ).strip("^$")
