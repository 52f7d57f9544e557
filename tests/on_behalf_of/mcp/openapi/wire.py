"""What a request says, read by the description alone, and what it should say for the arguments of a tool.

Written from the OpenAPI Specification (3.0.4, 3.1.1 §Parameter Object, §Path Templating) and RFC 6570, without the
generator's own code: a second opinion. Values are read as Django reads them: percent-decoded once.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

from tests.on_behalf_of.mcp.openapi.described_operation import DescribedOperation, Parameter, Schema, is_json
from tests.on_behalf_of.mcp.openapi.raw_api import RawRequest

# Headers that the bridge sends with every request, whatever the arguments are.
OWN_HEADERS = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "authorization", "traceparent", "content-length"}
)
TIME_BUDGET = "x-envoy-expected-rq-timeout-ms"
SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
EXPRESSION = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # RFC 8259 §6
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")


class Unread(Exception):
    """A part of the request does not have the form that the description gives it."""


@dataclass
class Said:
    """What a request says: values by their names on the wire. `strangers` is everything that is not described."""

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: tuple[Any, ...] = ()  # one value, or none
    strangers: list[str] = field(default_factory=list)


def said(operation: DescribedOperation, request: RawRequest, *, host: str, base_path: str = "") -> Said:
    """Return what a request says. `host` and `base_path` are those of the API's base URL."""
    found = Said()
    if request.method != operation.method:
        found.strangers.append(f"method {request.method}")
    path, _, query = request.target.partition("?")
    _read_path(operation, path, base_path, found)
    _read_query(operation, query, found)
    _read_headers(operation, request, host, found)
    _read_body(operation, request, found)
    if request.surplus:
        found.strangers.append(f"after the body: {request.surplus[:80]!r}")
    return found


def decoded(text: str) -> str:
    """Return text of a path, percent-decoded once. Raises Unread if it is not UTF-8."""
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise Unread(f"not UTF-8: {text[:80]}") from error


# The path


def _read_path(operation: DescribedOperation, path: str, base_path: str, found: Said) -> None:
    if not re.fullmatch(r"(/|[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+", path):
        found.strangers.append(f"path with characters that no path has: {path[:80]!r}")
        return
    if not path.startswith(base_path + "/"):
        found.strangers.append(f"path outside of {base_path}: {path[:80]}")
        return
    try:
        whole = decoded(path.removeprefix(base_path))
    except Unread as why:
        found.strangers.append(f"path {why}")
        return
    # Servers decode a path before they divide it: WSGI has no other.
    raw, seen, template = path.removeprefix(base_path).split("/"), whole.split("/"), operation.template.split("/")
    if not len(raw) == len(seen) == len(template):
        found.strangers.append(f"path with another number of segments: {whole[:80]!r}")
        return
    if {".", ".."}.intersection(seen):
        found.strangers.append(f"path with dots: {whole[:80]!r}")
    for part, text in zip(template, seen, strict=True):
        readings = [each for each in (_typed(operation, one) for one in _readings(part, text)) if each is not None]
        if len(readings) != 1:
            found.strangers.append(f"segment {text[:80]!r} that is {len(readings)} times a {part!r}")
        else:
            found.path |= readings[0]
    for other in operation.description.templates:
        if is_better_match(other, operation.template, whole):
            found.strangers.append(f"path that {other} matches better: {whole[:80]!r}")


def _typed(operation: DescribedOperation, texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the values of a segment; None if one of them is empty, or is not of its parameter's type."""
    try:
        values = {name: _of_text(operation, operation.at("path")[name], text) for name, text in texts.items()}
    except Unread:
        return None
    return values if all(texts.values()) else None


def _readings(part: str, text: str) -> Iterator[dict[str, str]]:
    """Yield every way to read `text` as a segment of a template."""
    literal, *rest = EXPRESSION.split(part)  # literal, name, literal, name, …, literal
    before = _as_literal(literal)
    if not text.startswith(before):
        return
    text = text[len(before) :]
    if not rest:
        if not text:
            yield {}
        return
    name, *following = rest
    remainder = part[part.index("}") + 1 :]
    ends = range(len(text) + 1) if EXPRESSION.search(remainder) or following[0] else [len(text)]
    for end in ends:
        for others in _readings(remainder, text[end:]):
            yield {name: text[:end], **others}


def _as_literal(text: str) -> str:
    """Return what a server sees of a template's own text: it is a part of a URL, so its escapes are decoded."""
    return unquote_to_bytes(text).decode()


def is_better_match(other: str, template: str, path: str) -> bool:
    """Return whether another template matches the path, and is more concrete (OpenAPI §Path Templating)."""
    return other != template and _matches(other, path) and _concreteness(other) > _concreteness(template)


def _matches(template: str, path: str) -> bool:
    literals = EXPRESSION.split(template)[::2]
    return re.fullmatch("[^/]+".join(re.escape(_as_literal(each)) for each in literals), path, re.DOTALL) is not None


def _concreteness(template: str) -> list[int]:
    return [
        2 if not EXPRESSION.search(each) else 0 if EXPRESSION.fullmatch(each) else 1 for each in template.split("/")
    ]


# The query


def _read_query(operation: DescribedOperation, query: str, found: Said) -> None:
    if not re.fullmatch(r"([A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]|]|%[0-9A-Fa-f]{2})*", query):
        found.strangers.append(f"query with characters that no query has: {query[:80]!r}")
    pairs = []
    for pair in query.split("&") if query else []:
        name, _, value = pair.partition("=")
        try:
            pairs.append((unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")))
        except UnicodeDecodeError:
            found.strangers.append(f"query that is not UTF-8: {pair[:80]}")
    for parameter in operation.at("query").values():
        mine = [pair for pair in pairs if _is_of(operation, parameter, pair[0])]
        pairs = [pair for pair in pairs if pair not in mine]
        if not mine:
            continue
        try:
            found.query[parameter.name] = _of_pairs(operation, parameter, mine)
        except Unread as why:
            found.strangers.append(f"query {parameter.name}: {why}")
    found.strangers += [f"query {name}" for name, _ in pairs]


def _is_of(operation: DescribedOperation, parameter: Parameter, name: str) -> bool:
    if parameter.style == "deepObject":
        return name.startswith(f"{parameter.name}[") and name.endswith("]")
    if _is_exploded_object(operation, parameter):
        is_map = isinstance(operation.description.schema(parameter.schema).get("additionalProperties"), Mapping)
        # A map has any names, but not those of other parameters.
        return name in members_of(operation, parameter.schema) or (is_map and name not in operation.at("query"))
    return name == parameter.name


def _is_exploded_object(operation: DescribedOperation, parameter: Parameter) -> bool:
    return (
        not parameter.is_json
        and parameter.style == "form"
        and parameter.explode
        and types_of(operation, parameter.schema) == {"object"}
    )


def _of_pairs(operation: DescribedOperation, parameter: Parameter, pairs: Sequence[tuple[str, str]]) -> Any:
    schema, types = parameter.schema, types_of(operation, parameter.schema)
    if parameter.style == "deepObject" or _is_exploded_object(operation, parameter):
        names = [name[len(parameter.name) + 1 : -1] if parameter.style == "deepObject" else name for name, _ in pairs]
        return _object(operation, schema, names, [value for _, value in pairs])
    values = [value for _, value in pairs]
    if not parameter.is_json and types == {"array"}:
        items = operation.description.schema(schema).get("items", {})
        if not parameter.explode:
            values = _one(values).split(SEPARATORS[parameter.style])
        return [_scalar(operation, items, each) for each in values]
    if parameter.is_json:
        return _json(_one(values).encode())
    if may_be_list(operation, schema):
        return values
    return _of_text(operation, parameter, _one(values))


def may_be_list(operation: DescribedOperation, schema: Any) -> bool:
    """Return whether one value and a list of one value look alike on the wire, because the description allows both."""
    types = types_of(operation, schema)
    return not types or ("array" in types and len(types) > 1)


def _of_text(operation: DescribedOperation, parameter: Parameter, text: str) -> Any:
    """Return the value of a parameter that is one text on the wire."""
    schema, types = parameter.schema, types_of(operation, parameter.schema)
    if parameter.is_json:
        return _json(text.encode())
    if types == {"array"}:
        items = operation.description.schema(schema).get("items", {})
        return [_scalar(operation, items, each) for each in text.split(",")]
    if types == {"object"}:
        parts = text.split(",")
        if parameter.explode:
            pairs = [each.partition("=") for each in parts]
            return _object(operation, schema, [name for name, _, _ in pairs], [value for _, _, value in pairs])
        return _object(operation, schema, parts[::2], parts[1::2])
    return _scalar(operation, schema, text)


def _object(operation: DescribedOperation, schema: Schema, names: Sequence[str], values: Sequence[str]) -> Any:
    members = members_of(operation, schema)
    if len(names) != len(values):
        raise Unread("a name without a value")
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise Unread(f"{repeated} several times")
    others = operation.description.schema(schema).get("additionalProperties", {})
    return {
        name: _scalar(operation, members.get(name, others if isinstance(others, Mapping) else {}), value)
        for name, value in zip(names, values, strict=True)
    }


def _one(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise Unread(f"{len(values)} values")
    return values[0]


def _scalar(operation: DescribedOperation, schema: Any, text: str) -> Any:
    types = types_of(operation, schema)
    if types == {"boolean"}:
        if text not in {"true", "false"}:
            raise Unread(f"not a boolean: {text[:40]!r}")
        return text == "true"
    if types == {"integer"}:
        if not _INTEGER.fullmatch(text):
            raise Unread(f"not an integer: {text[:40]!r}")
        return int(text)
    if types in ({"number"}, {"integer", "number"}):
        if not _NUMBER.fullmatch(text):
            raise Unread(f"not a number: {text[:40]!r}")
        return json.loads(text)
    return text


# Headers and body


def _read_headers(operation: DescribedOperation, request: RawRequest, host: str, found: Said) -> None:
    names = Counter(name.lower() for name, _ in request.headers)
    found.strangers += [f"header {name} {times} times" for name, times in names.items() if times > 1]
    known = OWN_HEADERS | {TIME_BUDGET} | ({"content-type"} if request.body else set())
    found.strangers += [f"header {name}" for name in names if name not in known]
    if request.header("Host") != host:
        found.strangers.append(f"host {request.header('Host')}")
    if request.header("Accept") != "application/json":
        found.strangers.append(f"accept {request.header('Accept')}")
    if not re.fullmatch(r"Bearer [A-Za-z0-9_\-.]+", request.header("Authorization") or ""):
        found.strangers.append("no bearer token")


def _read_body(operation: DescribedOperation, request: RawRequest, found: Said) -> None:
    if not request.body:
        return
    if operation.body is None:
        found.strangers.append("a body")
        return
    media_type = (request.header("Content-Type") or "").partition(";")[0]
    described = {each.partition(";")[0] for each in operation.body.media_types if is_json(each)}
    if media_type not in described and not described & {"*/*", "application/*"}:
        found.strangers.append(f"content type {media_type}, not one of {sorted(described)}")
    try:
        value = _json(request.body)
    except Unread as why:
        found.strangers.append(f"body: {why}")
        return
    found.body = (value,)
    if operation.members is not None and isinstance(value, Mapping):
        found.strangers += [f"member {name}" for name in value if name not in operation.members]


def _json(content: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise Unread("a repeated member")
        return dict(pairs)

    def constant(name: str) -> Any:
        raise Unread(f"{name} is not JSON")

    try:
        return json.loads(content.decode(), object_pairs_hook=once, parse_constant=constant)
    except ValueError as error:
        raise Unread(f"not JSON: {content[:80]!r}") from error


# Schemas


def types_of(operation: DescribedOperation, schema: Any, depth: int = 0) -> set[str]:
    """Return the JSON types that a schema names, without null; empty if it names none."""
    plain = operation.description.schema(schema)
    if not isinstance(plain, Mapping) or depth > 9:
        return set()
    named = plain.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    if not found and isinstance(plain.get("enum"), list):
        found = {_type_of(each) for each in plain["enum"]}
    for words in ("anyOf", "allOf"):
        for each in plain.get(words, []):
            found |= types_of(operation, each, depth + 1)
    return found - {"null"}


def _type_of(value: Any) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def members_of(operation: DescribedOperation, schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return the members that a schema of an object names."""
    plain = operation.description.schema(schema)
    if not isinstance(plain, Mapping) or depth > 9:
        return {}
    found = dict(plain.get("properties", {}))
    for words in ("anyOf", "allOf"):
        for each in plain.get(words, []):
            found |= members_of(operation, each, depth + 1)
    return found


__all__ = ["Said", "Unread", "decoded", "is_better_match", "may_be_list", "members_of", "said", "types_of"]
