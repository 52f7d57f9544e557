"""Validate against JSON Schema, with messages that name the field and never repeat its value."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from on_behalf_of.mcp.compiled_schema import Check, compiled
from on_behalf_of.mcp.schema import Schema
from on_behalf_of.mcp.tool import Tool, ToolDeclarationError
from on_behalf_of.primitives.foreign_text import readable

NOTHING_ELSE: Registry[Any] = Registry()  # a schema must be complete: nothing is fetched for it
MOST_CHECKS = 256
_checks: dict[int, tuple[Schema, Check | None]] = {}  # by the id of the schema, because dictionaries have no hash
_SENTENCES = {
    "type": "must be of type {value}",
    "enum": "must be one of {value}",
    "const": "must be {value}",
    "minLength": "must have at least {value} characters",
    "maxLength": "must have at most {value} characters",
    "minimum": "must be at least {value}",
    "maximum": "must be at most {value}",
    "minItems": "must have at least {value} items",
    "maxItems": "must have at most {value} items",
    "pattern": "does not have the right form",
}


def first_violation(schema: Schema, value: Mapping[str, Any]) -> str | None:
    """Return what is wrong with `value`, such as "title: must have at most 200 characters"; None if it is valid.

    The messages of jsonschema repeat the value, which may be huge or private; these do not.
    """
    if (is_valid := _compiled(schema)) is not None and is_valid(value):
        return None
    error = best_match(Draft202012Validator(schema, registry=NOTHING_ELSE).iter_errors(value))
    return _clause(error) if error else None


def _compiled(schema: Schema) -> Check | None:
    kept = _checks.get(id(schema))
    if kept is None or kept[0] is not schema:
        if len(_checks) >= MOST_CHECKS:
            _checks.clear()
        kept = _checks[id(schema)] = (schema, compiled(schema))
    return kept[1]


def without_nulls(schema: Schema, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `value` without optional members that are null although the schema does not allow null, at any depth.

    Language models send null for an argument that they leave out. A null that the schema allows stays. So does one for
    a member that is required or unknown to the schema; `first_violation` reports those.
    """
    validator = Draft202012Validator(schema, registry=NOTHING_ELSE)
    pruned, required = deepcopy(dict(value)), set[Path]()
    while refused := _refused_nulls(validator, pruned) - required:  # removing some may reveal others
        for *parents, name in refused:
            del _at(pruned, parents)[name]
        missed = refused.intersection(_missing(validator, pruned))
        for *parents, name in missed:
            _at(pruned, parents)[name] = None
        required |= missed
    return pruned


def check_schemas(tools: Iterable[Tool]) -> None:
    """Raise ToolDeclarationError if a tool's schema is not JSON Schema, or refers to a schema outside itself."""
    for tool in tools:
        judge = tool.judged_by or {}
        for field, schema in (*tool.schemas, ("judged_by", judge)):
            try:
                Draft202012Validator.check_schema(schema)
                resolver = NOTHING_ELSE.resolver_with_root(DRAFT202012.create_resource(schema))
                for reference in _references(schema):
                    resolver.lookup(reference)
            except SchemaError as error:
                where = ".".join(str(step) for step in error.absolute_path) or "its root"
                raise ToolDeclarationError(tool.name, f"{field} is not valid JSON Schema at {where}") from error
            except Unresolvable as error:
                raise ToolDeclarationError(tool.name, f"{field} refers to a schema that it does not contain") from error


def _references(schema: object) -> Iterator[str]:
    for name, value in schema.items() if isinstance(schema, Mapping) else ():
        if name in {"$ref", "$dynamicRef"} and isinstance(value, str):
            yield value
    members = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    for member in members:
        yield from _references(member)


Path = tuple[str | int, ...]


def _refused_nulls(validator: Draft202012Validator, value: Mapping[str, Any]) -> set[Path]:
    """Return the paths of members of objects that are null although the schema does not allow that."""
    paths = (tuple(error.absolute_path) for error in _leaves(validator.iter_errors(value)) if error.instance is None)
    return {path for path in paths if path and isinstance(path[-1], str)}


def _missing(validator: Draft202012Validator, value: Mapping[str, Any]) -> Iterator[Path]:
    for error in _leaves(validator.iter_errors(value)):
        if error.validator == "required":
            names = cast("Any", error.validator_value)
            yield from ((*error.absolute_path, name) for name in names if name not in cast("Any", error.instance))


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors that contain no others; those of anyOf and oneOf do."""
    for error in errors:
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _clause(error: ValidationError) -> str:
    where = ".".join(readable(str(step), limit=60) for step in error.absolute_path)
    # By the stubs, these may be unset, but an error that was raised has all three.
    rule, expected, instance = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    if rule == "anyOf" and (inner := _beside_null(error)):
        return _clause(inner)
    if rule == "required":
        missing = next(name for name in expected if name not in instance)
        return f"{where}.{missing} is missing" if where else f"{missing} is missing"
    if rule == "additionalProperties":
        unknown = next(name for name in instance if name not in cast("Any", error.schema).get("properties", {}))
        return f"{readable(unknown, limit=60) or 'a member'} is not known{f' in {where}' if where else ''}"
    sentence = _SENTENCES.get(rule, "does not fit the schema").format(value=_words(expected))
    return f"{where}: {sentence}" if where else sentence


def _beside_null(error: ValidationError) -> ValidationError | None:
    """Return why the only alternative besides null does not fit; None if there are more, or others."""
    others = [number for number, each in enumerate(cast("Any", error.validator_value)) if each != {"type": "null"}]
    if len(others) != 1:
        return None
    of_other = [each for each in error.context or () if each.schema_path and each.schema_path[0] == others[0]]
    found: ValidationError | None = best_match(of_other)
    return found


def _words(value: object) -> str:
    """Return a value of the schema in words. It is ours, so it may be shown."""
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
