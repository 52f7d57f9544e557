"""References and compositions of an OpenAPI document."""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from on_behalf_of.mcp.openapi.left_out import LeftOut

SCHEMAS = "#/components/schemas/"
MOST_STEPS = 50  # of references to references
_TYPES = {"string", "integer", "number", "boolean", "array", "object"}


def resolved(document: Mapping[str, Any], value: Any) -> Any:
    """Return what `value` refers to, or `value` itself. Members beside `$ref` are kept, as OpenAPI 3.1 allows."""
    for _ in range(MOST_STEPS):
        if not isinstance(value, Mapping) or not isinstance(reference := value.get("$ref"), str):
            return value
        beside = {name: each for name, each in value.items() if name != "$ref"}
        target = at(document, reference)
        value = {**target, **beside} if beside and isinstance(target, Mapping) else target
    raise LeftOut("its references never end")


def at(document: Mapping[str, Any], reference: str) -> Any:
    """Return the part of the document that a reference names. Other documents are never fetched. Raises LeftOut."""
    if not reference.startswith("#/"):
        raise LeftOut("it refers to another document")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")]
    try:
        return reduce(lambda found, step: found[step], steps, document)
    except (KeyError, TypeError, IndexError):
        raise LeftOut(f"it refers to {reference}, which the document does not contain") from None


def component_names(value: Any) -> Iterator[str]:
    """Yield the names of the component schemas that `value` refers to directly. Raises LeftOut for other places."""
    if isinstance(value, Mapping):
        if isinstance(reference := value.get("$ref"), str):
            if not reference.startswith(SCHEMAS):
                raise LeftOut(f"it refers to {reference}, which is not a schema among the components")
            yield reference.removeprefix(SCHEMAS).partition("/")[0].replace("~1", "/").replace("~0", "~")
        for each in value.values():
            yield from component_names(each)
    elif isinstance(value, list):
        for each in value:
            yield from component_names(each)


def closure(document: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Return every component schema that `value` refers to, directly or through others, by name."""
    found: dict[str, Any] = {}
    open_names = list(component_names(value))
    while open_names:
        if (name := open_names.pop()) not in found:
            found[name] = at(document, SCHEMAS + name.replace("~", "~0").replace("/", "~1"))
            open_names += component_names(found[name])
    return dict(sorted(found.items()))


def merged(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the schema with its own reference resolved and its `allOf` merged into it.

    Deeper references stay. A keyword that two parts have is that of the later one, except that properties and required
    names are united, and alternatives of both are combined. `true` counts as {}.
    """
    return _merged(document, schema, ())


def _merged(document: Mapping[str, Any], schema: Any, within: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    if isinstance(reference := schema.get("$ref"), str):
        if reference in within:
            raise LeftOut("a schema of it contains itself without end")
        within = (*within, reference)
    whole = resolved(document, schema)
    if not isinstance(whole, Mapping):
        return {}
    own = {name: value for name, value in whole.items() if name != "allOf"}
    parts = [_merged(document, part, within) for part in whole.get("allOf") or ()]
    return reduce(_united, [*parts, own], {})


def _united(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {**first, **second}
    if "properties" in first and "properties" in second:
        both["properties"] = {**first["properties"], **second["properties"]}
    for name in ("oneOf", "anyOf"):
        if name in first and name in second:
            both[name] = [{"allOf": [each, other]} for each in first[name] for other in second[name]]
    if "required" in first and "required" in second:
        both["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return both


def types_of(whole: Mapping[str, Any]) -> list[str]:
    """Return the types of a schema's values without null; those that follow from other keywords if it names none."""
    named = whole.get("type")
    if named is None:
        if "properties" in whole or "additionalProperties" in whole:
            return ["object"]
        if "items" in whole:
            return ["array"]
        return list(dict.fromkeys(_type_of(each) for each in words_of(whole) if each is not None))
    return [each for each in ([named] if isinstance(named, str) else named) if each in _TYPES]


def words_of(whole: Mapping[str, Any]) -> list[Any]:
    """Return the values that a schema enumerates."""
    return [whole["const"]] if "const" in whole else list(whole.get("enum") or ())


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "string"
