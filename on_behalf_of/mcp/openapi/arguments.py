"""The arguments of a tool: one flat object, whose members go into the path, the query or the body of the request."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from on_behalf_of.mcp.openapi.judging_schema import definitions, judging
from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.listed_schema import flat_members, listed, read_texts
from on_behalf_of.mcp.openapi.naming import argument_name, distinct
from on_behalf_of.mcp.openapi.operation import Operation, Parameter
from on_behalf_of.mcp.openapi.references import merged, types_of
from on_behalf_of.mcp.openapi.wording import shown

MOST_IN_QUERY = 12  # optional query parameters; more of them become one argument, `filters`
LONGEST_LIST_OF_FILTERS = 1_000  # characters
PAGING = frozenset({"page", "page_size", "limit", "offset", "cursor"})
USUAL = PAGING | {"search", "ordering"}  # always arguments of their own
BODY, FILTERS = "body", "filters"
_PREFIXES = {"path": "path", "query": "query"}  # of names that clash; all others are the body's
# Keywords about an object as a whole.
_OF_WHOLE = frozenset(
    {"oneOf", "anyOf", "not", "if", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas"}
    | {"patternProperties", "propertyNames"}
)
_A_FILTER = {"type": "string", "pattern": "^[^=]+="}


@dataclass(frozen=True)
class Argument:
    """A member of the arguments, and where it goes."""

    name: str
    place: str  # "path", "query", "member" (of the body) or "body" (the whole body)
    wire_name: str
    schema: Any
    is_required: bool
    description: str = ""
    parameter: Parameter | None = None  # of path and query


@dataclass(frozen=True)
class Arguments:
    """All arguments of an operation. `filters` are query parameters that are given together in one argument."""

    operation: Operation
    members: tuple[Argument, ...]
    filters: Mapping[str, Parameter] = field(default_factory=dict)

    def query(self, wire_name: str) -> Argument | None:
        """Return the argument that fills a query parameter."""
        return next((each for each in self.members if (each.place, each.wire_name) == ("query", wire_name)), None)

    def listed(self) -> dict[str, Any]:
        """Return the input schema that models are shown."""
        shown_to_models = {each.name: self._listed(each) for each in self.members}
        if self.filters:
            shown_to_models[FILTERS] = {
                "type": "array",
                "items": {"type": "string"},
                "description": shown(f"Each name=value. Names: {_grouped(self.filters)}", LONGEST_LIST_OF_FILTERS),
            }
        whole = self._object(shown_to_models)
        del whole["additionalProperties"]  # one vendor refuses the keyword; the judge refuses unknown arguments
        return whole

    def read(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the arguments with JSON in place of the texts that stand for it."""
        document = self.operation.document
        known = {each.name: each.schema for each in self.members if not self._is_any_text(each)}
        return {
            name: read_texts(document, known[name], each) if name in known else each for name, each in given.items()
        }

    def _is_any_text(self, argument: Argument) -> bool:
        """Return whether an argument is a parameter without a type, whose value is sent as it is."""
        whole = merged(self.operation.document, argument.schema)
        is_typed = bool(types_of(whole) or whole.get("oneOf") or whole.get("anyOf"))
        return argument.parameter is not None and not argument.parameter.is_json and not is_typed

    def judging(self) -> dict[str, Any]:
        """Return the schema that judges the arguments of a call."""
        properties = {each.name: judging(self.operation.document, each.schema) for each in self.members}
        if self.filters:
            properties[FILTERS] = {"type": "array", "items": _A_FILTER}
        found = self._object(properties)
        used = [each.schema for each in self.members] + [each.schema for each in self.filters.values()]
        if defs := definitions(self.operation.document, used):
            found["$defs"] = defs
        return found

    @cached_property
    def judges_of_filters(self) -> dict[str, Mapping[str, Any]]:
        """Return what judges each filter, by its name. Made once, because compiled checks are kept by identity."""
        document = self.operation.document
        return {
            name: {
                "type": "object",
                "properties": {name: judging(document, each.schema)},
                "$defs": definitions(document, [each.schema]),
            }
            for name, each in self.filters.items()
        }

    @cached_property
    def judge_of_body(self) -> Mapping[str, Any] | None:
        """Return what judges the body as a whole; None if its members can be judged one by one."""
        document, body = self.operation.document, self.operation.body
        if body is None or not _OF_WHOLE.intersection(merged(document, body)):
            return None
        return {
            "type": "object",
            "properties": {BODY: judging(document, body)},
            "$defs": definitions(document, [body]),
        }

    def _listed(self, argument: Argument) -> dict[str, Any]:
        # In POST, null means the same as leaving out, so it is not offered. In PUT and PATCH, it clears a member.
        may_be_null = argument.place in {"member", "body"} and (self.operation.method != "POST" or argument.is_required)
        document, words = self.operation.document, argument.description
        if self._is_any_text(argument):
            return {"type": "string", **({"description": shown(words, 100)} if words else {})}
        found = listed(document, argument.schema, description=words, may_be_null=may_be_null)
        if argument.wire_name in PAGING and argument.place == "query":
            found.pop("description", None)
        return found

    def _object(self, properties: dict[str, Any]) -> dict[str, Any]:
        required = [each.name for each in self.members if each.is_required]
        found: dict[str, Any] = {"type": "object", "properties": properties}
        return found | ({"required": required} if required else {}) | {"additionalProperties": False}


def arguments_of(operation: Operation) -> Arguments:
    """Return the arguments of an operation. Raises LeftOut for one that asks for a password."""
    offered = operation.extension.get("arguments")
    in_path = [each for each in operation.parameters if each.place == "path"]
    in_query = [each for each in operation.parameters if each.place == "query"]
    if isinstance(offered, list):
        in_query = [each for each in in_query if each.is_required or each.name in offered]
    optional = [each for each in in_query if not each.is_required and each.name not in USUAL]
    simple = {each.name: each for each in optional if not _holds_names(operation, each)}
    filters = simple if len(optional) > MOST_IN_QUERY else {}
    members = [_of_parameter(each) for each in (*in_path, *(each for each in in_query if each.name not in filters))]
    in_body = list(_of_body(operation))
    if isinstance(offered, list):
        known = {each.name for each in operation.parameters} | {each.wire_name for each in in_body}
        if unknown := [name for name in offered if name not in known]:
            raise LeftOut(f"x-mcp offers the argument {unknown[0]}, which it does not have")
        in_body = [each for each in in_body if each.is_required or each.wire_name in offered]
    members += in_body
    named = _named(members, reserved={FILTERS} if filters else set())
    return Arguments(operation, tuple(sorted(named, key=lambda each: not each.is_required)), filters)


def _of_parameter(parameter: Parameter) -> Argument:
    return Argument(
        name="",
        place=parameter.place,
        wire_name=parameter.name,
        schema=parameter.schema,
        is_required=parameter.is_required,
        description=parameter.description,
        parameter=parameter,
    )


def _holds_names(operation: Operation, parameter: Parameter) -> bool:
    """Return whether the value of a query parameter is an object."""
    return parameter.is_json or "object" in types_of(merged(operation.document, parameter.schema))


def _grouped(names: Iterable[str]) -> str:
    """Return the names, with the lookups of one field together: "price, price__gt/gte/lt".

    Filters of Django are lookups on fields, so this takes half the tokens.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        field_name, _, lookup = name.rpartition("__")
        groups.setdefault(field_name or lookup, []).append(lookup if field_name else "")
    told = []
    for field_name, lookups in groups.items():
        if "" in lookups:
            told.append(field_name)
        if more := [lookup for lookup in lookups if lookup]:
            told.append(f"{field_name}__{'/'.join(more)}")
    return ", ".join(told)


def _of_body(operation: Operation) -> Iterator[Argument]:
    if operation.body is None:
        return
    members = list(flat_members(operation.document, operation.body))
    if not members:
        yield Argument("", "body", BODY, operation.body, operation.body_is_required)
    for name, schema, is_required in members:
        if merged(operation.document, schema).get("format") == "password":
            raise LeftOut(f"it asks for a password ({name}), which does not belong in a model's context")
        yield Argument("", "member", name, schema, is_required)


def _named(members: list[Argument], reserved: set[str]) -> list[Argument]:
    """Return the arguments with different names. Those of the path keep theirs, then those whose names are valid."""
    names: dict[int, str] = {}
    places = {"path": 0, "query": 1, "member": 2, "body": 2}
    order = sorted(
        range(len(members)),
        key=lambda index: (
            members[index].place != "path",
            argument_name(members[index].wire_name) != members[index].wire_name,
            places[members[index].place],
        ),
    )
    for index in order:
        argument = members[index]
        taken = {*names.values(), *reserved}
        name = argument_name(argument.wire_name)
        if name in taken:
            name = argument_name(f"{_PREFIXES.get(argument.place, BODY)}_{name}")
        names[index] = distinct(name, taken)
    return [_renamed(each, names[index]) for index, each in enumerate(members)]


def _renamed(argument: Argument, name: str) -> Argument:
    """Return the argument under that name. If letters were lost, its description says what the API calls it."""
    is_lost = not argument.wire_name.isascii()
    said = f"The API's {argument.wire_name}. {argument.description}".strip() if is_lost else argument.description
    return replace(argument, name=name, description=said)
