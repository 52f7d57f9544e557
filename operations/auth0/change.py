"""A change to a tenant, as data: it can be shown, sent, written as a command, or undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.auth0.operation import Operation


@dataclass(frozen=True)
class IdOf:
    """Stands for an id that the tenant gives, where it may not be known yet."""

    kind: str  # api, client, grant, role, connection, user, organization
    name: str


@dataclass(frozen=True)
class Addition:
    """Something added to what was there before, and how to say that it shall go again."""

    kind: str  # permissions, member
    target: str | IdOf
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One request. `target` and `body` may hold IdOf; those of things not made yet are known when it is their turn."""

    operation: Operation
    what: str  # such as: client "MCP bridge"
    body: Mapping[str, Any] = field(default_factory=dict)
    target: str | IdOf | None = None
    differences: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  # member -> what is, what shall be
    makes: IdOf | None = None
    adds: tuple[Addition, ...] = ()
    gives_secret: bool = False  # the answer holds the bridge's client secret, this once

    @property
    def is_new(self) -> bool:
        return self.operation.method == "post" and not self.replaces_secret

    @property
    def replaces_secret(self) -> bool:
        return self.gives_secret and self.makes is None


@dataclass(frozen=True)
class Plan:
    """What has to be done, in order: each change needs only ids of things that exist or were made before it."""

    changes: tuple[Change, ...]
    ids: Mapping[IdOf, str]  # of everything that concerns us and exists already
    variables: Mapping[str, str | IdOf]  # what the services read: name -> value
    unwritten: tuple[str, ...]  # those of them that the .env file does not say yet
    notes: tuple[str, ...] = ()  # what was found and is left as it is

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.unwritten

    @property
    def replaces_secret(self) -> bool:
        return any(change.replaces_secret for change in self.changes)


def resolved(value: Any, ids: Mapping[IdOf, str]) -> Any:
    """`value` with each IdOf replaced by the id, however deep it stands. Raises KeyError for an unknown one."""
    match value:
        case IdOf():
            return ids[value]
        case Mapping():
            return {name: resolved(each, ids) for name, each in value.items()}
        case list() | tuple():
            return [resolved(each, ids) for each in value]
    return value
