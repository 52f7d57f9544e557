"""The tools that a server takes from one API's description."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.openapi.answer import MOST_CHARACTERS
from on_behalf_of.mcp.openapi.description import DescriptionUnavailable, Source, at_hand, check_source
from on_behalf_of.mcp.openapi.generated_tool import chosen_name, generated_tool, name_of
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.lock_file import ALLOW, COMMAND, Locked, ToolsNotLocked, changes, read_lock
from on_behalf_of.mcp.openapi.naming import distinct, version_of
from on_behalf_of.mcp.openapi.operation import Operation, raw_operations, read_operation
from on_behalf_of.mcp.tool import Tool


class OperationUnusable(ImproperlyConfigured):
    """A named operation cannot be a tool; the text says why."""

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(f"The operation {operation} cannot be a tool: {why}.")


class ApiChanged(ImproperlyConfigured):
    """The API differs from what was locked; the text says in what, and what to do."""


@dataclass(frozen=True)
class GeneratedTools:
    """A declaration of tools: which operations of which description. Nothing is read before the tools are needed."""

    source: Source
    operations: tuple[str, ...] | None  # None: those in the lock file
    lock: Path | None
    names: Mapping[str, str] = field(default_factory=dict)  # of tools, by operation
    scopes: tuple[str, ...] | None = None  # of the client's token; None: those of the operation
    asked_at_login: bool = True
    most_characters: int = MOST_CHARACTERS

    def __iter__(self) -> Iterator[Tool]:
        """Yield the tools; none as long as the lock file is missing or wrong.

        Settings iterate over the tools when they are loaded, which must not fail before the command has written the
        file. The start and `manage.py check` ask for `tools` and fail.
        """
        try:
            return iter(self.tools)
        except ToolsNotLocked:
            return iter(())

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """Return the tools. With a lock file, they are made from it alone.

        Raises ToolsNotLocked, OperationUnusable, DescriptionUnusable and ToolDeclarationError.
        """
        if self.lock is None:
            return self._unlocked()
        locked, named = self.locked, self.named
        if self.operations is None and not named:
            raise ToolsNotLocked(f"{self.lock} names no operations: use {ALLOW}.")
        found = self.read(locked.document, named)
        return tuple(self.tool_of(found[name], locked.pins[name].tool) for name in named)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the operations that are named, in the code or in the lock file. Raises ToolsNotLocked."""
        pins = self.locked.pins
        if missing := [each for each in self.operations or () if each not in pins]:
            raise ToolsNotLocked(f"{self.lock} does not contain {', '.join(missing)}: run {COMMAND}.")
        return self.operations if self.operations is not None else tuple(pins)

    @cached_property
    def locked(self) -> Locked:
        """Return the content of the lock file. Raises ToolsNotLocked."""
        if self.lock is None:
            raise ToolsNotLocked("These tools have no lock file: give `from_openapi` one as `lock`.")
        if self.operations is None and not self.lock.exists():
            raise ToolsNotLocked(f"{self.lock} is missing. Restore it, or name the operations with {ALLOW}.")
        return read_lock(self.lock)

    def tool_of(self, operation: Operation, name: str) -> Tool:
        """Return one tool. Raises OperationUnusable and ToolDeclarationError."""
        try:
            return generated_tool(
                operation,
                name=name,
                scopes=self.scopes,
                asked_at_login=self.asked_at_login,
                most_characters=self.most_characters,
            )
        except LeftOut as why:
            raise OperationUnusable(operation.id, str(why)) from None

    def tool_names(self, document: Mapping[str, Any], operations: Sequence[str]) -> dict[str, str]:
        """Return the tools' names, by operation. Raises OperationUnusable."""
        found = self.read(document, operations)
        if unknown := set(self.names) - set(found):
            raise ImproperlyConfigured(f"`names` names {min(unknown)}, which is not among the operations of the tools.")
        chosen = {name: said for name, each in found.items() if (said := self.names.get(name) or chosen_name(each))}
        for name, tool in chosen.items():
            if others := [each for each, other in chosen.items() if other == tool and each != name]:
                raise OperationUnusable(name, f"{others[0]} is called {tool} as well; choose another name in `names`")
        taken: dict[str, str] = {}
        for name, operation in found.items():
            free = distinct(name_of(operation), [*taken.values(), *chosen.values()], version=version_of(operation.path))
            taken[name] = chosen.get(name, free)
        return taken

    def current(self) -> Mapping[str, Any] | None:
        """Return the API's description as it is now, if it can be had without the network."""
        return at_hand(self.source)

    def check(self, document: Mapping[str, Any]) -> None:
        """Compare what is locked with the API's description. Raises ApiChanged."""
        if self.lock is None:
            return
        locked, named = self.locked, self.named
        for name, tool in self.names.items():
            if name in locked.pins and locked.pins[name].tool != tool:
                known = locked.pins[name].tool
                raise ToolsNotLocked(f"{name} is {tool} in the code and {known} in {self.lock}: run {COMMAND}.")
        offered = {each for each, *_ in raw_operations(document)}
        if gone := [name for name in named if name not in offered]:
            remove = f"`manage.py mcp_tools remove {' '.join(gone)}`"
            remedy = f"run {remove}" if self.operations is None else "take it out of `operations`"
            raise ApiChanged(f"The API has no operation {', '.join(gone)} any more: {remedy}.")
        self.read(document, named)  # raises for one that cannot be a tool any more
        found = {name: changes(locked.document, document, name) for name in named}
        if told := [f"{name} ({'; '.join(what)})" for name, what in found.items() if what]:
            raise ApiChanged(
                f"The API's description has changed since {self.lock.name} was written: {', '.join(told)}. "
                f"Review the change, then run {COMMAND}."
            )

    def read(self, document: Mapping[str, Any], named: Sequence[str]) -> dict[str, Operation]:
        """Return the named operations, in that order. Raises OperationUnusable."""
        found: dict[str, Operation] = {}
        raw = {name: (method, path, content) for name, method, path, content in raw_operations(document)}
        for name in named:
            try:
                if name not in raw:
                    raise LeftOut("the API has no operation of that name")  # noqa: TRY301 - one form for all reasons
                found[name] = read_operation(document, name, *raw[name])
            except LeftOut as why:
                raise OperationUnusable(name, str(why)) from None
        return found

    def _unlocked(self) -> tuple[Tool, ...]:
        if self.operations is None:
            raise ToolsNotLocked("from_openapi needs `operations`, or a lock file that names them.")
        try:
            document = self.current()
        except DescriptionUnavailable as why:
            raise ToolsNotLocked(
                f"{why} Give `from_openapi` a lock file, so that the tools are known without it."
            ) from None
        if document is None:
            raise ToolsNotLocked(
                f"The description at {self.source} is not read at every start: give `from_openapi` a lock file, "
                f"and run {COMMAND}."
            )
        names = self.tool_names(document, self.operations)
        found = self.read(document, self.operations)
        return tuple(self.tool_of(found[name], names[name]) for name in self.operations)


def generated_tools(
    source: Source,
    operations: Sequence[str] | None,
    *,
    lock: Path | str | None,
    names: Mapping[str, str] | None,
    scopes: Sequence[str] | None,
    asked_at_login: bool,
    most_characters: int,
) -> GeneratedTools:
    """Return the declaration; see `ToolRegistry.from_openapi`. Raises ImproperlyConfigured for a wrong argument."""
    check_source(source)
    for name, value in (("operations", operations), ("scopes", scopes)):
        if isinstance(value, str):  # each letter would count as a name
            raise ImproperlyConfigured(f"from_openapi: {name} must be a list of names.")
    if operations is None and lock is None:
        raise ImproperlyConfigured("from_openapi needs `operations`, or a `lock` file that names them.")
    if operations is not None and len(set(operations)) != len(operations):
        raise ImproperlyConfigured("from_openapi: an operation is named twice.")
    return GeneratedTools(
        source=source,
        operations=None if operations is None else tuple(operations),
        lock=None if lock is None else _absolute(Path(lock)),
        names=dict(names or {}),
        scopes=None if scopes is None else tuple(scopes),
        asked_at_login=asked_at_login,
        most_characters=most_characters,
    )


def _absolute(path: Path) -> Path:
    """Return the path; a relative one is below the project's BASE_DIR, if its settings have one."""
    return path if path.is_absolute() else Path(getattr(settings, "BASE_DIR", "")) / path
