"""The lock file: the operations that were accepted as tools, each with a digest.

The file is an OpenAPI document of its own, so that a change of it reads as the change of the API that it is.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.operation import BESIDE, json_answer, json_of, paths_beside, raw_operations, scopes_of
from on_behalf_of.mcp.openapi.references import closure, resolved

PINS = "x-locked-tools"
COMMAND, ALLOW = "`manage.py mcp_tools lock`", "`manage.py mcp_tools allow`"
_SAYS_NOTHING = frozenset({"example", "examples", "externalDocs", "xml"})


class ToolsNotLocked(ImproperlyConfigured):
    """The lock file is missing, invalid, or lacks a named operation; the text says what to do."""


@dataclass(frozen=True)
class Pin:
    """The tool and the digest of one locked operation."""

    tool: str  # its name
    digest: str  # SHA-256 of the operation, in hexadecimal


@dataclass(frozen=True)
class Locked:
    """The content of a lock file."""

    document: Mapping[str, Any]
    pins: Mapping[str, Pin]  # by operation, in the order in which they are listed


def excerpt(document: Mapping[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    """Return the named operations as a document of their own, without what no tool depends on.

    Raises LeftOut if one is not there.
    """
    found = {name: (method, path, raw) for name, method, path, raw in raw_operations(document)}
    paths: dict[str, dict[str, Any]] = {}
    for name in operations:
        if name not in found:
            raise LeftOut(f"the API has no operation {name}")
        method, path, raw = found[name]
        paths.setdefault(path, {})[method.lower()] = _pruned_operation(document, name, path, raw)
    schemas = {name: _pruned(each) for name, each in closure(document, paths).items()}
    return {"openapi": str(document["openapi"]), "paths": paths, "components": {"schemas": schemas}}


def digest(document: Mapping[str, Any], operation: str) -> str:
    """Return the digest of one operation: of everything that its tool is made of."""
    part = excerpt(document, [operation])
    return sha256(json.dumps(part, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def locked_text(document: Mapping[str, Any], tools: Mapping[str, str]) -> str:
    """Return the content of a lock file for these operations and the names of their tools."""
    whole = excerpt(document, tools)
    pins = {name: {"tool": tool, "sha256": digest(document, name)} for name, tool in tools.items()}
    return json.dumps({PINS: pins, **whole}, ensure_ascii=False, indent=1) + "\n"


def read_lock(path: Path) -> Locked:
    """Return the content of a lock file. Raises ToolsNotLocked, also if the file was edited by hand."""
    document = _parsed(path)
    try:
        pins = {name: Pin(str(each["tool"]), str(each["sha256"])) for name, each in document[PINS].items()}
    except (KeyError, TypeError, AttributeError):
        raise ToolsNotLocked(f"{path} is not a lock file: restore it, or delete it and use {ALLOW}.") from None
    names = [pin.tool for pin in pins.values()]
    if double := [name for name in names if names.count(name) > 1]:
        raise ToolsNotLocked(f"{path} calls two tools {double[0]}: run {COMMAND}.")
    for name, pin in pins.items():
        try:
            is_whole = digest(document, name) == pin.digest
        except (LeftOut, KeyError, TypeError, AttributeError):
            is_whole = False
        if not is_whole:
            raise ToolsNotLocked(f"{path} does not contain {name} as it was locked: run {COMMAND}.")
    return Locked(document, pins)


def names_in(path: Path) -> list[str]:
    """Return the operations that a lock file names, even if what it says of them is not as it was locked.

    Raises ToolsNotLocked for a file that is not JSON.
    """
    if not path.exists():
        return []
    pins = _parsed(path).get(PINS)
    return [str(name) for name in pins] if isinstance(pins, dict) else []


def _parsed(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ToolsNotLocked(f"{path} is missing: run {COMMAND}.") from None
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict):
        raise ToolsNotLocked(
            f"{path} is not JSON, perhaps after a merge. Restore it, or delete it and name the operations with {ALLOW}."
        )
    return document


def _pruned_operation(document: Mapping[str, Any], name: str, path: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        "operationId": name,
        **{each: raw[each] for each in ("summary", "description", "deprecated", "x-mcp") if each in raw},
    }
    kept["security"] = [{"api": list(scopes_of(document, raw))}]
    if raw["parameters"]:
        kept["parameters"] = [_pruned(each) for each in raw["parameters"]]
    body = resolved(document, raw.get("requestBody"))
    if isinstance(body, Mapping) and (content := body.get("content")):
        kept["requestBody"] = {"content": _pruned(_main(content))}
        if body.get("required"):
            kept["requestBody"]["required"] = True
    if found := json_answer(document, raw.get("responses")):
        status, content = found
        kept["responses"] = {status: {"description": "", "content": _pruned(_main(content))}}
    if beside := raw.get(BESIDE) or paths_beside(document, path):
        kept[BESIDE] = list(beside)
    return kept


def _main(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON among the media types, or all of them if there is none."""
    found = json_of(content)
    return dict(content) if found is None else {found[0]: {"schema": found[1]}}


def _pruned(value: Any, *, are_names: bool = False) -> Any:
    """Return the value without examples and the like. Members of `properties` are names, which may be any word."""
    if isinstance(value, Mapping):
        return {
            name: _pruned(each, are_names=name == "properties" and not are_names)
            for name, each in value.items()
            if are_names or name not in _SAYS_NOTHING
        }
    return [_pruned(each) for each in value] if isinstance(value, list) else value


def changes(before: Mapping[str, Any], after: Mapping[str, Any], operation: str) -> list[str]:
    """Return in words what differs between two documents about an operation; [] if nothing does."""
    try:
        now = excerpt(after, [operation])
    except LeftOut:
        return ["it is gone"]
    old, new = (_parts(each) for each in (excerpt(before, [operation]), now))
    names = dict.fromkeys([*old, *new])
    return [_words(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _parts(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an excerpt of one operation consists of, by names that people understand."""
    (path, item), *_ = part["paths"].items()
    (method, raw), *_ = item.items()
    found: dict[str, Any] = {"address": f"{method.upper()} {path}"}
    for name in ("summary", "description", "deprecated", "x-mcp", "security", "requestBody", "responses", BESIDE):
        if name in raw:
            found[_PARTS.get(name, name)] = raw[name]
    for each in raw.get("parameters", ()):
        found[f"parameter {each.get('name')}"] = each
    for name, each in part["components"]["schemas"].items():
        found[f"schema {name}"] = each
    return found


_PARTS = {
    "security": "scopes",
    "requestBody": "body",
    "responses": "answer",
    BESIDE: "other addresses that its arguments could name",
}


def _words(name: str, before: Any, after: Any) -> str:
    if before is None:
        return f"{name} is new"
    if after is None:
        return f"{name} is gone"
    old, new = (each.get("properties", {}) if isinstance(each, Mapping) else {} for each in (before, after))
    members = [member for member in dict.fromkeys([*old, *new]) if old.get(member) != new.get(member)]
    return f"{name} changed: {', '.join(members)}" if members else f"{name} changed"
