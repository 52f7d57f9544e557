"""The request that an operation's arguments make. They choose values, never the host, a segment, a header or a type."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from on_behalf_of.mcp.openapi.arguments import FILTERS, Arguments
from on_behalf_of.mcp.openapi.judging_schema import definitions, judging
from on_behalf_of.mcp.openapi.operation import TEMPLATE, Operation, Parameter
from on_behalf_of.mcp.openapi.references import merged
from on_behalf_of.mcp.tool_error import InvalidArguments

_SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # at the API, encoded
    params: tuple[tuple[str, str], ...]  # of the query, not encoded
    body: Any = None  # JSON; None: the request has no content


def request_of(arguments: Arguments, given: Mapping[str, Any]) -> Request:
    """Return the request that the arguments describe. They are valid by `Arguments.judging`.

    Raises InvalidArguments for values that would lead elsewhere, or that the query cannot carry.
    """
    in_path: dict[str, str] = {}
    params: list[tuple[str, str]] = []
    members: dict[str, Any] = {}
    body: Any = None
    for each in arguments.members:
        if each.name not in given:
            continue
        value = given[each.name]
        if each.place == "path":
            in_path[each.wire_name] = _segment(each.name, value, arguments.operation.taken.get(each.wire_name, ()))
        elif each.place == "query" and each.parameter is not None:
            params += _in_query(each.name, each.parameter, value)
        elif each.place == "member":
            members[each.wire_name] = value
        else:
            body = value
    for name, text in _filters(arguments, given.get(FILTERS, ())):
        params.append((name, text))
    if members or (arguments.operation.body is not None and body is None and _takes_members(arguments)):
        body = members
    return Request(arguments.operation.method, _path(arguments.operation, in_path), tuple(params), body)


def _takes_members(arguments: Arguments) -> bool:
    """Return whether the body is an object, which is then sent even if it is empty."""
    return arguments.operation.body_is_required or any(each.place == "member" for each in arguments.members)


def _path(operation: Operation, values: Mapping[str, str]) -> str:
    segments = [TEMPLATE.sub(lambda named: values[named[1]], each) for each in operation.path.split("/")]
    if {".", ".."}.intersection(segments):
        raise InvalidArguments("the values make an address with the segment . or ..")
    return "/".join(segments)


def _segment(name: str, value: Any, taken: tuple[str, ...]) -> str:
    """Return a value as one encoded segment of a path, or part of one.

    Servers decode a path before they choose the endpoint, so an encoded slash would lead to another one.
    """
    text = _text(value)
    if not text or text in {".", ".."}:
        raise InvalidArguments(f"{name}: must not be empty, . or ..")
    if "/" in text or "\\" in text or any(unicodedata.category(each)[0] == "C" for each in text):
        raise InvalidArguments(f"{name}: must not contain slashes, backslashes or control characters")
    if text in taken:
        raise InvalidArguments(f"{name}: must not be {text}, which names another operation of the API")
    return quote(text, safe="")


def _in_query(name: str, parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the pairs that carry a value (OpenAPI 3.1 §4.8.12.2, RFC 6570). None is left out."""
    wire_name = parameter.name
    if value is None:
        return
    if parameter.is_json:
        yield wire_name, json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    elif isinstance(value, list):
        texts = [_text(each) for each in value if each is not None]
        if parameter.explode:
            yield from ((wire_name, text) for text in texts)
        elif texts:
            separator = _SEPARATORS.get(parameter.style, ",")
            if any(separator in text for text in texts):
                raise InvalidArguments(f"{name}: an item must not contain {separator!r}, which separates the items")
            yield wire_name, separator.join(texts)
    elif isinstance(value, dict):
        pairs = [(key, _text(each)) for key, each in value.items() if each is not None]
        if parameter.style == "deepObject":
            yield from ((f"{wire_name}[{key}]", text) for key, text in pairs)
        elif parameter.explode:
            yield from pairs
        elif pairs:
            yield wire_name, ",".join(part for pair in pairs for part in pair)
    else:
        yield wire_name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _filters(arguments: Arguments, given: Any) -> Iterator[tuple[str, str]]:
    """Yield the query parameters that are given as "name=value", each judged by its own schema."""
    if not given:
        return
    from on_behalf_of.mcp.json_schema import first_violation  # slow to load, and other services declare the tools too

    for each in given:
        name, _, text = each.partition("=")
        parameter = arguments.filters.get(name.strip())
        if parameter is None:
            raise InvalidArguments(f"{FILTERS}: each must be name=value, with a name that the description lists")
        judge = {"type": "object", "properties": {FILTERS: _of_one(arguments.operation, parameter)}}
        if violation := first_violation(judge, {FILTERS: _value(arguments.operation, parameter, text)}):
            raise InvalidArguments(violation.replace(FILTERS, f"{FILTERS}, {parameter.name}", 1))
        yield parameter.name, text


def _of_one(operation: Operation, parameter: Parameter) -> Any:
    """Return what judges one value of a parameter. A list is given as several filters, or with its separator."""
    whole = merged(operation.document, parameter.schema)
    if whole.get("type") == "array":
        return judging(whole.get("items", {})) if parameter.explode else True
    return {**judging(parameter.schema), "$defs": definitions(operation.document, [parameter.schema])}


def _value(operation: Operation, parameter: Parameter, text: str) -> Any:
    """Return the text as the type that the parameter has; the text itself if it is not of that type."""
    whole = merged(operation.document, parameter.schema)
    if whole.get("type") == "array":
        whole = merged(operation.document, whole.get("items", {}))
    kind = whole.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in {"integer", "number"}:
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text
