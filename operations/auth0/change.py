"""A change to a tenant, as data: it can be shown, sent, written as a command, or undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.auth0.operation import Operation


@dataclass(frozen=True)
class IdOf:
    """A placeholder for an id that the tenant assigns and that may not be known yet."""

    kind: str  # api, client, grant, role, connection, user, organization
    name: str


@dataclass(frozen=True)
class Addition:
    """An addition to an existing object, with the request body that removes it again."""

    kind: str  # permissions, member
    target: str | IdOf
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One request. `target` and `body` may contain IdOf; every id is known by the time the request is sent."""

    operation: Operation
    what: str  # such as: client "MCP bridge"
    body: Mapping[str, Any] = field(default_factory=dict)
    target: str | IdOf | None = None
    differences: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  # member -> (is, becomes)
    makes: IdOf | None = None
    adds: tuple[Addition, ...] = ()
    gives_secret: bool = False  # the answer, and no later one, holds the bridge's client secret

    @property
    def is_new(self) -> bool:
        return self.operation.method == "post" and not self.replaces_secret

    @property
    def replaces_secret(self) -> bool:
        return self.gives_secret and self.makes is None


@dataclass(frozen=True)
class Plan:
    """Changes in order: each needs only ids of objects that exist already or that an earlier change makes."""

    changes: tuple[Change, ...]
    ids: Mapping[IdOf, str]  # of the relevant objects that exist already
    variables: Mapping[str, str | IdOf]  # what the services read: name -> value
    unwritten: tuple[str, ...]  # those that the .env file does not hold yet
    notes: tuple[str, ...] = ()  # findings that the plan leaves as they are

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.unwritten

    @property
    def replaces_secret(self) -> bool:
        return any(change.replaces_secret for change in self.changes)


def resolved(value: Any, ids: Mapping[IdOf, str]) -> Any:
    """Return `value` with each IdOf replaced by its id, at any depth. Raises KeyError for an unknown one."""
    match value:
        case IdOf():
            return ids[value]
        case Mapping():
            return {name: resolved(each, ids) for name, each in value.items()}
        case list() | tuple():
            return [resolved(each, ids) for each in value]
    return value
