"""The request that an operation's arguments make. They choose values, never the host, a segment, a header or a type."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import quote, unquote

from on_behalf_of.mcp.openapi.arguments import BODY, FILTERS, Arguments
from on_behalf_of.mcp.openapi.operation import FORMAT, TEMPLATE, Operation, Parameter
from on_behalf_of.mcp.openapi.references import merged, types_of
from on_behalf_of.mcp.tool_error import InvalidArguments
from on_behalf_of.primitives.foreign_text import readable

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = "!$&'()*+,;=:@%~-._"  # what a path may contain as it is (RFC 3986 §3.3)
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
    try:
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise InvalidArguments("a number is not finite, or a text contains half of a character") from None
    in_path: dict[str, str] = {}
    params: list[tuple[str, str]] = []
    members: dict[str, Any] = {}
    body: Any = None
    for each in arguments.members:
        if each.name not in given:
            continue
        value = given[each.name]
        if each.place == "path":
            in_path[each.wire_name] = _segment(each.name, value)
        elif each.place == "query" and each.parameter is not None:
            params += _InQuery(arguments.operation, each.parameter, each.name).pairs(value)
        elif each.place == "member":
            members[each.wire_name] = value
        elif value is None:
            raise InvalidArguments(f"{each.name}: must not be null")
        else:
            body = value
    if arguments.filters:
        params += _filters(arguments, given.get(FILTERS, ()))
    if members or (arguments.operation.body is not None and body is None and _takes_members(arguments)):
        body = members
    _judge_body(arguments, body)
    return Request(arguments.operation.method, _path(arguments.operation, in_path), tuple(params), body)


def _judge_body(arguments: Arguments, body: Any) -> None:
    """Judge what only the body as a whole shows, such as which of several forms it has. Raises InvalidArguments."""
    if body is None or arguments.judge_of_body is None:
        return
    from on_behalf_of.mcp.json_schema import first_violation  # slow to load, and other services declare the tools too

    if violation := first_violation(arguments.judge_of_body, {BODY: body}):
        raise InvalidArguments(violation.removeprefix(f"{BODY}."))


def _takes_members(arguments: Arguments) -> bool:
    """Return whether the body is an object, which is then sent even if it is empty."""
    return arguments.operation.body_is_required or any(each.place == "member" for each in arguments.members)


def _path(operation: Operation, values: Mapping[str, str]) -> str:
    """Return the path with the values in it, encoded. Raises InvalidArguments if it names another operation."""
    found: list[str] = []
    for template in operation.path.split("/"):
        parts = TEMPLATE.split(template)  # text and names in turn
        # Servers decode paths, so what is escaped in a template counts as what it stands for.
        found.append("".join(values[part] if number % 2 else unquote(part) for number, part in enumerate(parts)))
    if {".", ".."}.intersection(found):
        raise InvalidArguments("the values make an address with the segment . or ..")
    mine, segments = (each.strip("/").split("/") for each in (unquote(operation.path), "/".join(found)))
    for other in operation.beside:
        theirs = unquote(other).strip("/").split("/")
        if len(theirs) == len(mine) and _leads_to(segments, mine, theirs):
            raise InvalidArguments(f"the values name another operation of the API, {other}")
    return "/".join(_encoded(template, values) for template in operation.path.split("/"))


def _leads_to(segments: list[str], mine: list[str], theirs: list[str]) -> bool:
    """Return whether the API would route the address to `theirs`, a path that fits it and has more literal text."""
    is_more_concrete = any(
        len(TEMPLATE.sub("", own)) < len(TEMPLATE.sub("", other)) for own, other in zip(mine, theirs, strict=True)
    )
    return is_more_concrete and all(
        re.fullmatch("(.+)".join(map(re.escape, TEMPLATE.split(other)[::2])), segment, re.DOTALL)
        for segment, other in zip(segments, theirs, strict=True)
    )


def _encoded(template: str, values: Mapping[str, str]) -> str:
    parts = TEMPLATE.split(template)
    return "".join(
        quote(values[part], safe="") if number % 2 else quote(_BARE_PERCENT.sub("%25", part), safe=_PLAIN)
        for number, part in enumerate(parts)
    )


def _segment(name: str, value: Any) -> str:
    """Return a value as one segment of a path, or part of one.

    Servers decode a path before they choose the endpoint, so an encoded slash would lead to another one.
    """
    if value is None or isinstance(value, list | dict):
        raise InvalidArguments(f"{name}: must be a text or a number")
    text = _text(value)
    if not text or text in {".", ".."}:
        raise InvalidArguments(f"{name}: must not be empty, . or ..")
    if "/" in text or "\\" in text or any(unicodedata.category(each)[0] == "C" for each in text):
        raise InvalidArguments(f"{name}: must not contain slashes, backslashes or control characters")
    return text


@dataclass(frozen=True)
class _InQuery:
    """Writes one parameter into the query (OpenAPI 3.1 §4.8.12.2, RFC 6570)."""

    operation: Operation
    parameter: Parameter
    argument: str  # its name, for messages

    def pairs(self, value: Any) -> list[tuple[str, str]]:
        """Return the pairs that carry a value. Raises InvalidArguments for what a query cannot carry."""
        name, parameter = self.parameter.name, self.parameter
        if value is None:
            return []
        if parameter.is_json:
            return [(name, json.dumps(value, ensure_ascii=False, separators=(",", ":")))]
        if isinstance(value, list):
            return self._of_list([each for each in value if each is not None])
        if isinstance(value, dict):
            return self._of_object({key: each for key, each in value.items() if each is not None})
        return [(name, _text(value))]

    def _of_list(self, items: list[Any]) -> list[tuple[str, str]]:
        if not items and self.parameter.is_required:
            raise InvalidArguments(f"{self.argument}: must have at least 1 items")
        texts = [self._plain(each) for each in items]
        if self.parameter.explode:
            return [(self.parameter.name, text) for text in texts]
        return [(self.parameter.name, self._joined(texts))] if texts else []

    def _of_object(self, members: dict[str, Any]) -> list[tuple[str, str]]:
        pairs = [(key, self._plain(each)) for key, each in members.items()]
        if self.parameter.style == "deepObject":
            if any("[" in key or "]" in key for key in members):
                raise InvalidArguments(f"{self.argument}: names must not contain brackets")
            return [(f"{self.parameter.name}[{key}]", text) for key, text in pairs]
        if self.parameter.explode:
            self._check_names(members)
            return pairs
        return [(self.parameter.name, self._joined([part for pair in pairs for part in pair]))] if pairs else []

    def _check_names(self, members: Mapping[str, Any]) -> None:
        """Check the names of an object whose members become query parameters: they must be its own."""
        whole = merged(self.operation.document, self.parameter.schema)
        own, is_map = whole.get("properties") or {}, "object" in types_of(whole)
        others = {each.name for each in self.operation.parameters} | {FORMAT, ""}
        for key in members:
            if key not in own and (own or not is_map or key in others):
                told = readable(key, limit=60) or "a name"
                raise InvalidArguments(f"{self.argument}: {told} is not one of its members")

    def _joined(self, texts: list[str]) -> str:
        separator = _SEPARATORS.get(self.parameter.style, ",")
        if any(separator in text for text in texts):
            raise InvalidArguments(f"{self.argument}: no value may contain {separator!r}, which separates the values")
        return separator.join(texts)

    def _plain(self, value: Any) -> str:
        if isinstance(value, list | dict):
            raise InvalidArguments(f"{self.argument}: a query cannot carry lists or objects inside another one")
        return _text(value)


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

    values: dict[str, list[str]] = {}
    for each in given:
        name, _, text = each.partition("=")
        if name.strip() not in arguments.filters:
            raise InvalidArguments(f"{FILTERS}: each must be name=value, with a name that the description lists")
        values.setdefault(name.strip(), []).append(text)
    for name, texts in values.items():
        parameter = arguments.filters[name]
        value = _typed(arguments.operation, parameter, texts)
        if violation := first_violation(arguments.judges_of_filters[name], {name: value}):
            raise InvalidArguments(f"{FILTERS}, {violation}")
        yield from _InQuery(arguments.operation, parameter, f"{FILTERS}, {name}").pairs(value)


def _typed(operation: Operation, parameter: Parameter, texts: list[str]) -> Any:
    """Return the value that the texts give. A list is given once for each item, or once with separators."""
    whole = merged(operation.document, parameter.schema)
    if "array" in types_of(whole):
        if not parameter.explode:
            separator = _SEPARATORS.get(parameter.style, ",")
            texts = [part for text in texts for part in text.split(separator)]
        return [_value(merged(operation.document, whole.get("items", {})), text) for text in texts]
    if len(texts) > 1:
        raise InvalidArguments(f"{FILTERS}: {parameter.name} is given twice")
    return _value(whole, texts[0])


def _value(whole: Mapping[str, Any], text: str) -> Any:
    """Return the text as the type that the schema has; the text itself if it is not of that type."""
    kinds = types_of(whole)
    if "string" in kinds:
        return text
    if "boolean" in kinds:
        return {"true": True, "false": False}.get(text.lower(), text)
    is_number = {"integer", "number"}.intersection(kinds) and _NUMBER.fullmatch(text) and isfinite(float(text))
    return json.loads(text) if is_number else text
