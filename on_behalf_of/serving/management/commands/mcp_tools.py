from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.declared_tools import declared_tools, registry_at
from on_behalf_of.mcp.openapi.description import DescriptionUnavailable, fetched, parsed
from on_behalf_of.mcp.openapi.generated_tools import GeneratedTools, OperationUnusable
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.lock_file import ALLOW, COMMAND, ToolsNotLocked, changes, locked_text, names_in
from on_behalf_of.mcp.openapi.operation import raw_operations
from on_behalf_of.mcp.openapi.overview import Line, lines, size_warning, tokens_of
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.atomic_file import replace_file

SECONDS = 30.0  # for fetching a description
STATES = {"tool": "tool", "not named": "-", "changed": "CHANGED", "gone": "GONE", "lacks": "cannot"}


class Command(BaseCommand):
    help = (
        "Show which operations of the API are tools, what the others would be called, and why some cannot be tools. "
        "`allow` and `remove` change the list of operations in the lock file, `lock` accepts the API as it is now."
    )
    requires_system_checks = ()  # one of them compares the lock file that this command writes

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=("list", "allow", "remove", "lock"), default="list")
        parser.add_argument("operations", nargs="*", help="operationIds, or patterns such as 'orders_*'")
        parser.add_argument("--tools", help='dotted path of the ToolRegistry (default: ON_BEHALF_OF["MCP"]["TOOLS"])')
        parser.add_argument("--description", type=Path, help="read the API's description from this file instead")
        parser.add_argument("--lock", help="file name of the lock file, if the registry has several")

    def handle(
        self,
        *,
        action: str,
        operations: list[str],
        tools: str | None,
        description: Path | None,
        lock: str | None,
        **_options: Any,
    ) -> None:
        try:
            registry = _registry(tools)
            generated = _chosen(registry, lock)
            document = _document(generated, description)
            if action == "list":
                self._list(registry, generated, document)
            else:
                self._write(action, generated, document, operations)
        except (ImproperlyConfigured, DescriptionUnavailable, LeftOut) as wrong:
            raise CommandError(str(wrong)) from wrong

    def _list(self, registry: ToolRegistry, generated: GeneratedTools, document: Mapping[str, Any]) -> None:
        found = list(lines(generated, document))
        offered = {tool.name for tool in registry if not tool.origin}
        rows = [
            (_state(each, offered), each.tool or "-", each.address or "-", each.operation, _said(each))
            for each in found
        ]
        self._table(("", "TOOL", "CALLS", "OPERATION", "SCOPES, TOKENS"), rows)
        tools = list(registry)
        if by_hand := registry.by_hand:
            self.stdout.write(f"\nWritten by hand: {', '.join(tool.name for tool in by_hand)}.")
        cost = sum(map(tokens_of, tools))
        self.stdout.write(f"\n{_count(len(tools))}; a client's model reads about {cost:,} tokens for their list.")
        if warning := size_warning(len(tools)):
            self.stdout.write(warning)
        if any(each.state == "changed" for each in found):
            self.stdout.write(f"The API has changed. Review the change, then run {COMMAND}.")
        if gone := [each.operation for each in found if each.state == "gone"]:
            self.stdout.write(f"Operations are gone. Run `manage.py mcp_tools remove {' '.join(gone)}`.")

    def _table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, *rows):
            self.stdout.write("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())

    def _write(self, action: str, generated: GeneratedTools, document: Mapping[str, Any], wanted: list[str]) -> None:
        if generated.lock is None:
            raise ToolsNotLocked("These tools have no lock file: give `from_openapi` one as `lock`.")
        before = names_in(generated.lock)
        if action == "lock":
            named = self._accepted(generated, document, before, wanted)
        elif generated.operations is not None:
            raise CommandError("The operations are named in the code, in `from_openapi`: change the list there.")
        elif not wanted:
            raise CommandError(f"Say which operations, as in: manage.py mcp_tools {action} 'orders_*'")
        elif action == "allow":
            named = list(dict.fromkeys([*before, *self._allowed(generated, document, wanted)]))
        else:
            removed = _matching(wanted, before, "is not among the tools")
            named = [name for name in before if name not in removed]
        if action != "lock":
            _refuse_pending(generated, document, [name for name in before if name in named])
        names = generated.tool_names(document, named)
        for name, operation in generated.read(document, named).items():
            generated.tool_of(operation, names[name])  # raises for one that cannot be a tool
        try:
            replace_file(generated.lock, locked_text(document, names), mode=0o644)
        except OSError as error:
            raise CommandError(f"{generated.lock} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{generated.lock} is written, with {_count(len(names))}:")
        for name, tool in names.items():
            self.stdout.write(f"  {tool}  ({name})")

    def _accepted(
        self, generated: GeneratedTools, document: Mapping[str, Any], before: list[str], wanted: list[str]
    ) -> list[str]:
        """Return the operations to lock, and print what is accepted of each that has changed."""
        if wanted:
            raise CommandError("`lock` accepts all named operations; to name more of them, use `allow`.")
        named = list(generated.operations) if generated.operations is not None else before
        if not named:
            raise CommandError(f"No operations are named yet: use {ALLOW}.")
        for name, what in _pending(generated, document, [name for name in named if name in before]).items():
            self.stdout.write(f"Accepted: {name} ({'; '.join(what)})")
        return named

    def _allowed(self, generated: GeneratedTools, document: Mapping[str, Any], wanted: list[str]) -> list[str]:
        """Return the operations to allow. Those that only a pattern names are left out if they cannot be tools."""
        found: list[str] = []
        for name in _matching(
            wanted, [name for name, *_ in raw_operations(document)], "is not an operation of the API"
        ):
            try:
                (operation,) = generated.read(document, [name]).values()
                generated.tool_of(operation, "a_name")
            except OperationUnusable as why:
                if name in wanted:
                    raise
                self.stdout.write(f"Left out. {why}")
                continue
            found.append(name)
        return found


def _registry(path: str | None) -> ToolRegistry:
    return registry_at(path, "--tools") if path else declared_tools(bridge_configuration())


def _chosen(registry: ToolRegistry, lock: str | None) -> GeneratedTools:
    found = [each for each in registry.generated if lock is None or (each.lock and each.lock.name == lock)]
    if not found:
        which = f"from the lock file {lock}" if lock else "from a description; see ToolRegistry.from_openapi"
        where = 'in the module `mcp` beside your settings, name it in ON_BEHALF_OF["MCP"]["TOOLS"] or with --tools'
        raise CommandError(f"No tools are made {which}. If the registry is not `TOOLS` {where}.")
    if len(found) > 1:
        raise CommandError(f"Say which with --lock: {', '.join(each.lock.name for each in found if each.lock)}.")
    return found[0]


def _document(generated: GeneratedTools, description: Path | None) -> Mapping[str, Any]:
    if description is not None:
        try:
            return parsed(description.read_bytes(), str(description))
        except OSError as error:
            raise CommandError(f"{description} cannot be read: {error.strerror}.") from error
    found = generated.current()
    if found is not None:
        return found
    configuration = bridge_configuration()
    http = UpstreamHttp(timeout=SECONDS, ca_file=configuration.key_fetching.ca_file)
    return fetched(str(generated.source), base_url=configuration.api_base_url, http=http)


def _pending(generated: GeneratedTools, document: Mapping[str, Any], names: Sequence[str]) -> dict[str, list[str]]:
    """Return what has changed of operations since they were locked; {} if the lock file cannot say."""
    try:
        locked = generated.locked.document
    except ToolsNotLocked:
        return {}
    return {name: what for name in names if (what := changes(locked, document, name))}


def _refuse_pending(generated: GeneratedTools, document: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse to write the file if that would accept changes of operations that the command is not about."""
    if names:
        _ = generated.locked  # raises for a file that is not as it was written
    if pending := _pending(generated, document, names):
        raise CommandError(
            f"{', '.join(pending)} changed since {generated.lock} was written. Review and accept that first, "
            f"with {COMMAND}."
        )


def _matching(wanted: Iterable[str], known: Sequence[str], otherwise: str) -> list[str]:
    found: list[str] = []
    for pattern in wanted:
        matches = [name for name in known if fnmatchcase(name, pattern)]
        if not matches:
            raise CommandError(f"{pattern} {otherwise}. `manage.py mcp_tools` lists the operations.")
        found += matches
    return list(dict.fromkeys(found))


def _count(number: int) -> str:
    return f"{number} tool{'' if number == 1 else 's'}"


def _state(line: Line, by_hand: Iterable[str]) -> str:
    return "by hand" if line.state == "tool" and line.tool in by_hand else STATES[line.state]


def _said(line: Line) -> str:
    told = ", ".join(filter(None, [" ".join(line.scopes), str(line.tokens) if line.tokens else ""]))
    return f"{told}; {line.reason}" if told and line.reason else told or line.reason
