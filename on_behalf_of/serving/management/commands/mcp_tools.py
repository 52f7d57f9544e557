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
from on_behalf_of.mcp.openapi.generated_tools import GeneratedTools
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.lock_file import ToolsNotLocked, locked_text
from on_behalf_of.mcp.openapi.operation import raw_operations
from on_behalf_of.mcp.openapi.overview import Line, lines, size_warning, tokens_of
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.atomic_file import replace_file

SECONDS = 30.0  # for fetching a description
STATES = {"tool": "", "not named": "not named", "changed": "CHANGED", "gone": "GONE", "lacks": "cannot"}


class Command(BaseCommand):
    help = (
        "Show which operations of the API are tools, and what the others would become or lack. "
        "`allow` and `remove` change the list of operations in the lock file, `lock` accepts the API as it is now."
    )
    requires_system_checks = ()  # one of them compares the lock file that this command writes

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=("list", "allow", "remove", "lock"), default="list")
        parser.add_argument("operations", nargs="*", help="operationIds, or patterns such as 'orders_*'")
        parser.add_argument("--tools", help='dotted path of the ToolRegistry (default: ON_BEHALF_OF["MCP"]["TOOLS"])')
        parser.add_argument("--description", type=Path, help="read the API's description from this file instead")
        parser.add_argument("--lock", help="name of the lock file, if the registry has several")

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
        rows = [(each.tool or "-", each.address or "-", each.operation, _said(each)) for each in found]
        self._table(("TOOL", "CALLS", "OPERATION", ""), rows)
        by_hand = registry.by_hand
        if by_hand:
            self.stdout.write(f"\nWritten by hand: {', '.join(tool.name for tool in by_hand)}.")
        are_tools = [each for each in found if each.state in {"tool", "changed"}]
        cost = sum(each.tokens for each in are_tools) + sum(map(tokens_of, by_hand))
        count = len(are_tools) + len(by_hand)
        self.stdout.write(f"\n{count} tools; a client's model reads about {cost:,} tokens for their list.")
        if warning := size_warning(count):
            self.stdout.write(warning)
        if any(each.state in {"changed", "gone"} for each in found):
            self.stdout.write("The API has changed. Review the change, then run `manage.py mcp_tools lock`.")

    def _table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, *rows):
            self.stdout.write("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())

    def _write(self, action: str, generated: GeneratedTools, document: Mapping[str, Any], wanted: list[str]) -> None:
        if generated.lock is None:
            raise ToolsNotLocked("These tools have no lock file: give `from_openapi` one as `lock`.")
        named = list(generated.operations) if generated.operations is not None else _named(generated)
        if action in {"allow", "remove"}:
            if generated.operations is not None:
                raise CommandError("The operations are named in the code, in `from_openapi`: change the list there.")
            if not wanted:
                raise CommandError(f"Say which operations, as in: manage.py mcp_tools {action} 'orders_*'")
            known = named if action == "remove" else [name for name, *_ in raw_operations(document)]
            named = _changed(action, named, _matching(wanted, known))
        elif wanted:
            raise CommandError("`lock` accepts all named operations; to name more of them, use `allow`.")
        names = generated.tool_names(document, named)
        for name, operation in generated.read(document, named).items():
            generated.tool_of(operation, names[name])  # raises for one that cannot be a tool
        replace_file(generated.lock, locked_text(document, names), mode=0o644)
        self.stdout.write(f"{generated.lock} is written, with {len(names)} tools:")
        for name, tool in names.items():
            self.stdout.write(f"  {tool}  ({name})")


def _registry(path: str | None) -> ToolRegistry:
    return registry_at(path) if path else declared_tools(bridge_configuration())


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


def _named(generated: GeneratedTools) -> list[str]:
    """Return the operations in the lock file; [] if there is no such file yet."""
    if generated.lock is None or not generated.lock.exists():
        return []
    return list(generated.locked.pins)


def _matching(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    found: list[str] = []
    for pattern in wanted:
        matches = [name for name in known if fnmatchcase(name, pattern)]
        if not matches:
            raise CommandError(f"No operation is called {pattern}. `manage.py mcp_tools` lists all of them.")
        found += matches
    return list(dict.fromkeys(found))


def _changed(action: str, named: list[str], matching: list[str]) -> list[str]:
    if action == "allow":
        return list(dict.fromkeys([*named, *matching]))
    return [name for name in named if name not in matching]


def _said(line: Line) -> str:
    told = ", ".join(
        filter(None, [STATES[line.state], " ".join(line.scopes), f"{line.tokens} tokens" if line.tokens else ""])
    )
    return f"{told}: {line.reason}" if line.reason else told
