"""OpenAPI's schemas as JSON Schema 2020-12, which judges the arguments of calls.

Nothing is left out that the API demands, except what JSON Schema cannot judge here: formats, and patterns that are not
valid in Python. The API judges those.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from on_behalf_of.mcp.openapi.references import SCHEMAS, closure, merged

_AS_THEY_ARE = (
    *("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    *("multipleOf", "minProperties", "maxProperties", "required", "dependentRequired"),
)
_OF_ONE = ("items", "not", "additionalProperties", "propertyNames", "contains", "if", "then", "else")
_OF_SEVERAL = ("oneOf", "anyOf", "allOf", "prefixItems")
_BY_NAME = ("properties", "patternProperties", "dependentSchemas")


def judging(document: Mapping[str, Any], schema: Any) -> Any:
    """Return the schema for requests: members that are only read are refused, and null is where OpenAPI 3.0 says so.

    References to components become references to `$defs` (see `definitions`).
    """
    if not isinstance(schema, Mapping):
        return schema if isinstance(schema, bool) else True
    below = partial(judging, document)
    found = {name: schema[name] for name in _AS_THEY_ARE if name in schema}
    if isinstance(reference := schema.get("$ref"), str):
        found["$ref"] = "#/$defs/" + reference.removeprefix(SCHEMAS)
    found |= {name: below(schema[name]) for name in _OF_ONE if name in schema}
    found |= {name: list(map(below, schema[name])) for name in _OF_SEVERAL if isinstance(schema.get(name), list)}
    for name in _BY_NAME:
        if isinstance(members := schema.get(name), Mapping):
            # What is only read must not be sent: the schema `false` refuses it.
            found[name] = {
                key: False if _is_read_only(document, each) else below(each) for key, each in members.items()
            }
    if isinstance(members := schema.get("properties"), Mapping) and isinstance(schema.get("required"), list):
        found["required"] = [each for each in schema["required"] if not _is_read_only(document, members.get(each))]
    _take_limits(schema, found)
    if isinstance(pattern := schema.get("pattern"), str) and _is_valid(pattern):
        found["pattern"] = pattern
    if "oneOf" in found:
        # Descriptions made from code often list alternatives that overlap, which the API accepts and oneOf refuses.
        alternatives = found.pop("oneOf")
        if "anyOf" in found:
            found["allOf"] = [*found.get("allOf", []), {"anyOf": alternatives}]
        else:
            found["anyOf"] = alternatives
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found


def definitions(document: Mapping[str, Any], schemas: Iterable[Any]) -> dict[str, Any]:
    """Return `$defs` for everything that the schemas refer to."""
    return {name: judging(document, each) for name, each in closure(document, list(schemas)).items()}


def _is_read_only(document: Mapping[str, Any], schema: Any) -> bool:
    return merged(document, schema).get("readOnly") is True


def _take_limits(schema: Mapping[str, Any], found: dict[str, Any]) -> None:
    """Take exclusive limits: numbers in JSON Schema, flags beside the limit in OpenAPI 3.0."""
    for name, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = schema.get(name)
        if value is True and limit in found:
            found[name] = found.pop(limit)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value


def _is_valid(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
