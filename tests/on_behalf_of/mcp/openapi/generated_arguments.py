"""Arguments for tools, made from the description and not from the tool: those that it allows, and hostile ones."""

import math
import string
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from hypothesis import strategies as st

from tests.on_behalf_of.mcp.openapi.described_operation import DescribedOperation, Parameter, Schema
from tests.on_behalf_of.mcp.openapi.expected_request import BODY, Expectations
from tests.on_behalf_of.mcp.openapi.wire import EXPRESSION, decoded, is_better_match, types_of

DEEPEST = 4
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WORDS = st.text(st.characters(categories=["L", "N"]) | st.sampled_from(" -_~!$'()*,;:@&=+"), min_size=1, max_size=20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
# Texts that change a request if they are not encoded, or are encoded twice or decoded once too often.
HOSTILE_TEXTS = (
    *("", ".", "..", "/", "//", "a/b", "../../admin", "./a", "a/..", "%2F", "%2f..%2f", "%2e%2e", "%2E", "%252e%252e"),
    *(
        "?",
        "a?b=1",
        "#",
        "#a",
        "&",
        "&page=2",
        "=",
        "a=b",
        "+",
        " ",
        "a b",
        ";",
        ";a=1",
        ",",
        "a,b",
        "|",
        "a|b",
        "%",
        "%%",
    ),
    *("%zz", "%00", "\x00", "\r\n", "a\r\nX-Evil: 1", "\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", "\n", "\t", "\x7f", "\x85"),
    *(
        "\\",
        "..\\..",
        "\\\\evil.example",
        "://",
        "http://evil.example/",
        "//evil.example",
        "@evil.example",
        ":80",
        "a:b@c",
    ),
    *(
        "\ud800",
        "a\udfffb",
        "\U0001f600",
        "\u202eabc",
        "\u2066",
        "\ufeff",
        "\u2028",
        "e\u0301",
        "\u00e9",
        "\u0130",
        "\uff0e\uff0e",
    ),
    *(
        "\uff0f",
        "\u2024\u2024",
        "null",
        "None",
        "true",
        "0",
        "-1",
        "1.0",
        "1e400",
        "NaN",
        "[]",
        "{}",
        '"',
        "'",
        "<b>",
        "{x}",
    ),
    *("x[y]", "a[]", "[", "]", "export", "latest", "x:cancel", "a.b.c", "x" * 3_000, "/" * 300, "\u00e9" * 2_000),
)
HOSTILE_VALUES: tuple[Any, ...] = (
    *HOSTILE_TEXTS,
    *(None, True, False, 0, -1, 1.0, -0.0, 1.5, 1e16, 1e300, 2**53 + 1, 2**63, 10**400, math.inf, -math.inf, math.nan),
    *([], {}, [[]], [None], [""], ["a", "b"], ["a,b"], [1, True], {"a": 1}, {"": ""}, {"a": {"b": []}}, {"min": 1}),
)


def valid_values(operation: DescribedOperation, schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values that a schema of `Description.modern` allows."""
    plain = _merged(operation, schema)
    if "const" in plain:
        return st.just(plain["const"])
    if "enum" in plain:
        return st.sampled_from([each for each in plain["enum"] if _fits(plain, each)])
    if "anyOf" in plain:
        beside = {name: each for name, each in plain.items() if name != "anyOf"}
        parts = [{"allOf": [beside, each]} if _says_something(beside) else each for each in plain["anyOf"]]
        simple = [each for each in parts if _has_no_end(operation, each, depth)]
        return st.one_of([valid_values(operation, each, depth) for each in simple or parts])
    types = plain.get("type")
    if isinstance(types, list):
        return st.one_of([valid_values(operation, {**plain, "type": each}, depth) for each in types])
    if types is None and "properties" in plain:
        types = "object"
    makers: Mapping[str, Any] = {
        "string": lambda: _texts(plain),
        "integer": lambda: _integers(plain),
        "number": lambda: _numbers(plain),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: _arrays(operation, plain, depth),
        "object": lambda: _objects(operation, plain, depth),
    }
    return makers[types]() if types else JSON_VALUES


def _says_something(schema: Schema) -> bool:
    return bool(set(schema) - {"description", "title", "default", "example", "examples", "discriminator", "deprecated"})


def _has_no_end(operation: DescribedOperation, schema: Any, depth: int) -> bool:
    return depth < DEEPEST or not types_of(operation, schema) & {"array", "object"}


def _merged(operation: DescribedOperation, schema: Any) -> dict[str, Any]:
    """Return a schema whose `allOf` is written out."""
    plain = operation.description.schema(schema)
    if plain is True:
        return {}
    found = {name: each for name, each in plain.items() if name != "allOf"}
    for each in plain.get("allOf", []):
        part = _merged(operation, each)
        for name, value in part.items():
            if name == "properties":
                found[name] = found.get(name, {}) | value
            elif name == "required":
                found[name] = [*found.get(name, []), *value]
            elif name == "anyOf" and name in found:
                found[name] = [{"allOf": [one, other]} for one in found[name] for other in value]
            else:
                found[name] = value
    return found


def _fits(schema: Schema, value: Any) -> bool:
    types = schema.get("type")
    return value is not None or types is None or types == "null" or "null" in types


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    formats: Mapping[str, st.SearchStrategy[str]] = {
        "date": st.dates().map(lambda day: day.isoformat()),
        "date-time": st.datetimes().map(lambda time: time.isoformat() + "Z"),
        "uuid": st.uuids().map(str),
        "email": st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True),
        "uri": st.from_regex(r"https://[a-z]{1,8}\.example/[a-z?&=%]{0,8}", fullmatch=True),
    }
    if pattern := schema.get("pattern"):
        made = st.from_regex(pattern, alphabet=string.printable).filter(lambda text: not text.endswith("\n"))
    else:
        made = formats.get(schema.get("format", ""), TEXT | WORDS | _hostile_texts())
    return (
        made.filter(lambda text: least <= len(text) and (most is None or len(text) <= most))
        if most != 0
        else st.just("")
    )


def _hostile_texts() -> st.SearchStrategy[str]:
    return st.sampled_from([each for each in HOSTILE_TEXTS if is_encodable(each) and len(each) < 1_000])


def is_encodable(value: Any) -> bool:
    """Return whether a value has no lone surrogate and no number that JSON lacks."""
    if isinstance(value, str):
        return not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(is_encodable(each) for pair in value.items() for each in pair)
    return all(map(is_encodable, value)) if isinstance(value, list) else True


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (bound := schema.get("exclusiveMinimum")) is not None:
        low = math.floor(bound) + 1
    if (bound := schema.get("exclusiveMaximum")) is not None:
        high = math.ceil(bound) - 1
    step = schema.get("multipleOf", 1)
    low = None if low is None else -(-math.ceil(low) // step)
    return st.integers(low, None if high is None else math.floor(high) // step).map(lambda number: number * step)


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    exclusive = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    whole = _integers(schema)
    floats = st.floats(
        low if exclusive[0] is None else exclusive[0],
        high if exclusive[1] is None else exclusive[1],
        allow_nan=False,
        allow_infinity=False,
        exclude_min=exclusive[0] is not None,
        exclude_max=exclusive[1] is not None,
    )
    return whole | floats


def _arrays(operation: DescribedOperation, schema: Schema, depth: int) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    most = least if depth >= DEEPEST else min(schema.get("maxItems", least + 3), least + 3)
    items = valid_values(operation, schema.get("items", {}), depth + 1)
    return st.lists(items, min_size=least, max_size=most, unique_by=repr if schema.get("uniqueItems") else None)


def _objects(operation: DescribedOperation, schema: Schema, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    members, needed = schema.get("properties", {}), set(schema.get("required", []))
    required = {name: valid_values(operation, members.get(name, {}), depth + 1) for name in sorted(needed)}
    optional = {
        name: valid_values(operation, each, depth + 1)
        for name, each in members.items()
        if name not in needed and depth < DEEPEST
    }
    made = st.fixed_dictionaries(required, optional=optional)
    others = schema.get("additionalProperties", not members)
    if others is False or depth >= DEEPEST:
        return made
    if members and not isinstance(others, Mapping):
        return made
    values = valid_values(operation, others if isinstance(others, Mapping) else {}, depth + 1)
    return st.tuples(st.dictionaries(TEXT.filter(lambda name: name not in members), values, max_size=2), made).map(
        lambda pair: pair[0] | pair[1]
    )


def valid_arguments(expectations: Expectations) -> st.SearchStrategy[dict[str, Any]]:
    """Return arguments that the description allows, without those that no path can carry."""
    operation = expectations.operation
    names = {place: name for name, place in expectations.places.items()}
    required, optional = dict[str, Any](), dict[str, Any]()
    for parameter in operation.parameters:
        if (name := names.get((parameter.place, parameter.name))) is None:
            continue
        values = valid_values(operation, parameter.schema)
        if parameter.place == "path":
            required[name] = values
        else:
            (required if parameter.is_required else optional)[name] = values
    made = st.fixed_dictionaries(required, optional=optional)
    if expectations.filtered:
        made = st.tuples(made, _filters(expectations)).map(lambda pair: pair[0] | pair[1])
    if operation.body is not None:
        made = st.tuples(made, _bodies(expectations)).map(lambda pair: pair[0] | pair[1])
    return made.filter(lambda arguments: fits_path(expectations, arguments))


def _bodies(expectations: Expectations) -> st.SearchStrategy[dict[str, Any]]:
    operation = expectations.operation
    assert operation.body is not None
    schema = operation.body.schema
    values = valid_values(operation, schema).filter(lambda value: expectations.is_valid(schema, value))
    if expectations.members is None:
        name = next(name for name, place in expectations.places.items() if place == (BODY, ""))
        whole = values.map(lambda value: {name: value})
        return whole if operation.body.is_required else whole | st.just({})
    names = {place[1]: name for name, place in expectations.places.items() if place[0] == BODY}
    flat = values.filter(lambda value: value is not None).map(
        lambda value: {names[member]: each for member, each in value.items() if member in names}
    )
    return flat if operation.body.is_required else flat | st.just({})


def _filters(expectations: Expectations) -> st.SearchStrategy[dict[str, Any]]:
    """Return `filters`: one text for each value, several for a list that is repeated."""
    operation = expectations.operation
    texts = {
        name: valid_values(operation, each.schema).map(partial(_filter_texts, each))
        for name, each in expectations.filtered.items()
        if types_of(operation, each.schema) != {"object"}
    }
    chosen = st.fixed_dictionaries({}, optional=texts).map(
        lambda found: [f"{name}={text}" for name, given in found.items() for text in given]
    )
    return chosen.map(lambda found: {"filters": found} if found else {})


def _filter_texts(parameter: Parameter, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        items = [_text(each) for each in value]
        return items if parameter.explode or not items else [",".join(items)]
    return [_text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "true" if value is True else "false" if value is False else str(value)


def fits_path(expectations: Expectations, arguments: Mapping[str, Any]) -> bool:
    """Return whether a server can read the path's values as what they are, however they are encoded."""
    operation = expectations.operation
    names = {place[1]: name for name, place in expectations.places.items() if place[0] == "path"}
    segments = []
    for part in operation.template.split("/"):
        literals, placed = EXPRESSION.split(part)[::2], EXPRESSION.findall(part)
        texts = [_path_text(arguments.get(names[each])) for each in placed]
        if not all(texts) or any("/" in each or not is_encodable(each) for each in texts):
            return False
        if len(placed) > 1 and any(each and each in text for each in literals for text in texts):
            return False
        joined = "".join(f"{decoded(before)}{text}" for before, text in zip(literals, [*texts, ""], strict=True))
        if placed and joined in {".", ".."}:
            return False
        segments.append(joined)
    path = "/".join(segments)
    return not any(is_better_match(each, operation.template, path) for each in operation.description.templates)


def _path_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else unquote(value, errors="replace") and value if isinstance(value, str) else str(value)


@st.composite
def hostile_arguments(draw: st.DrawFn, expectations: Expectations) -> dict[str, Any]:
    """Draw arguments that the description allows, of which some are then replaced, added or left out."""
    arguments = draw(valid_arguments(expectations))
    known = [*expectations.places, *(["filters"] if expectations.filtered else [])]
    for _ in range(draw(st.integers(1, 2))):
        if not known:
            break
        name = draw(st.sampled_from(known))
        value = draw(st.sampled_from(HOSTILE_VALUES))
        change = draw(st.sampled_from(["replace", "replace", "replace", "nest", "leave out", "add"]))
        if name == "filters" and isinstance(value, str):
            wire_name = draw(st.sampled_from([*expectations.filtered, "format", "page", "x"]))
            before = arguments[name] if isinstance(arguments.get(name), list) else []
            arguments[name] = [*before, draw(st.sampled_from([value, f"{wire_name}={value}"]))]
            continue
        if change == "leave out":
            arguments.pop(name, None)
        elif change == "add":
            arguments[
                draw(
                    st.sampled_from(
                        ["x", "id", "host", "url", "headers", "format", "body", "fields", "page", "", "a/b"]
                    )
                )
            ] = value
        elif change == "nest" and isinstance(arguments.get(name), list | dict):
            arguments[name] = _with_one_changed(draw, arguments[name], value)
        else:
            arguments[name] = value
    return arguments


def _with_one_changed(draw: st.DrawFn, whole: Any, value: Any) -> Any:
    if isinstance(whole, list):
        return [*whole[: draw(st.integers(0, len(whole)))], value]
    if whole and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(whole)))
        inner = whole[name]
        return {**whole, name: _with_one_changed(draw, inner, value) if isinstance(inner, list | dict) else value}
    return {**whole, draw(st.sampled_from(["x", "id", "state"])): value}


@st.composite
def arguments_with_nulls(draw: st.DrawFn, expectations: Expectations) -> dict[str, Any]:
    """Draw arguments that the description allows, with null for some optional ones, at any depth."""
    operation = expectations.operation
    arguments = draw(valid_arguments(expectations))
    schemas = {name: schema_at(expectations, name) for name in expectations.places}
    found = {name: _with_nulls(draw, operation, schemas.get(name, {}), value) for name, value in arguments.items()}
    for name, (kind, _) in expectations.places.items():
        if name not in arguments and kind != "path" and draw(st.booleans()):
            found[name] = None
    return found


def schema_at(expectations: Expectations, name: str) -> Any:
    """Return the description's schema of an argument."""
    operation, (kind, wire_name) = expectations.operation, expectations.places[name]
    if kind != BODY:
        return operation.at(kind)[wire_name].schema
    return (expectations.members or {})[wire_name] if wire_name or operation.body is None else operation.body.schema


def _with_nulls(draw: st.DrawFn, operation: DescribedOperation, schema: Any, value: Any) -> Any:
    plain = operation.description.schema(schema)
    if "anyOf" in plain or "allOf" in plain:
        return value  # a null may fit one of several forms
    if isinstance(value, list):
        return [_with_nulls(draw, operation, plain.get("items", {}), each) for each in value]
    if not isinstance(value, dict):
        return value
    members = plain.get("properties", {})
    found = {name: _with_nulls(draw, operation, members.get(name, {}), each) for name, each in value.items()}
    for name in members:
        if name not in found and name not in plain.get("required", []) and draw(st.booleans()):
            found[name] = None
    return found


def least_arguments(expectations: Expectations) -> dict[str, Any]:
    """Return the required arguments only, each with a plain value."""
    operation = expectations.operation
    found = {}
    for name, (kind, wire_name) in expectations.places.items():
        if kind in {"path", "query"}:
            parameter = operation.at(kind)[wire_name]
            if parameter.is_required or kind == "path":
                found[name] = _least(operation, parameter.schema)
    body = operation.body
    if body is not None and body.is_required:
        whole = _least(operation, body.schema)
        names = {place[1]: name for name, place in expectations.places.items() if place[0] == BODY}
        found |= {names[""]: whole} if "" in names else {names[member]: each for member, each in whole.items()}
    return found


def _least(operation: DescribedOperation, schema: Any) -> Any:
    plain = _merged(operation, schema)
    if "anyOf" in plain:
        return _least(operation, plain["anyOf"][0])
    if "enum" in plain:
        return plain["enum"][0]
    if pattern := plain.get("pattern"):
        return "0000000000000" if "13" in pattern else "0"
    kind = plain.get("type", "object" if "properties" in plain else "string")
    if kind == "object":
        members = plain.get("properties", {})
        return {name: _least(operation, members.get(name, {})) for name in plain.get("required", [])}
    values: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "null": None}
    return values.get(kind if isinstance(kind, str) else kind[0], "x")
