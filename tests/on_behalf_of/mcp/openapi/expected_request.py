"""Work out the request that a tool's arguments should make, by the documented rules. It is the inverse of `wire`."""

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

from tests.on_behalf_of.mcp.openapi.described_operation import DescribedOperation, Parameter
from tests.on_behalf_of.mcp.openapi.wire import Said, may_be_list, types_of

BODY = "body"
MOST_OPTIONAL = 12  # query parameters; with more, they become one argument
USUAL = frozenset({"page", "page_size", "limit", "offset", "cursor", "search", "ordering"})
LONGEST = 64  # characters of a name

Place = tuple[str, str]  # "path", "query" or "body", and the name on the wire; "" is the whole body


def plain_name(name: str) -> str:
    """Return a name with only `[A-Za-z0-9_]`, that does not begin with a digit."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "argument"
    return (f"_{plain}" if plain[0].isdigit() else plain)[:LONGEST]


def _free_name(place: Place, taken: Mapping[str, Place]) -> str:
    """Return the argument's name: its own, or with the kind of its place if another one has it already."""
    kind, wire_name = place
    plain = plain_name(wire_name) if wire_name else BODY
    longer = f"{kind}_{plain}"[:LONGEST]
    numbered = (f"{longer}_{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain((plain, longer), numbered) if name not in taken)


def _object_or_list(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict | list) else text


class Impossible(Exception):
    """No request says this. The call must be refused."""


def _only(texts: Sequence[str]) -> str:
    if len(texts) != 1:
        raise Impossible(texts)
    return texts[0]


@dataclass(frozen=True)
class Expectations:
    """The requests to expect of an operation. `is_whole`: its body is one argument, though its members are known."""

    operation: DescribedOperation
    is_whole: bool = False

    @property
    def members(self) -> dict[str, Any] | None:
        """Return the members of the body that are arguments of their own."""
        return None if self.is_whole or self.operation.members is None else dict(self.operation.members)

    @cached_property
    def filtered(self) -> dict[str, Parameter]:
        """Return the query parameters that are given in `filters`."""
        optional = {name: each for name, each in self._query.items() if not each.is_required and name not in USUAL}
        texts = {name: each for name, each in optional.items() if not self._holds_names(each)}
        return texts if len(optional) > MOST_OPTIONAL else {}

    def _holds_names(self, parameter: Parameter) -> bool:
        return parameter.is_json or "object" in types_of(self.operation, parameter.schema)

    @property
    def _query(self) -> dict[str, Parameter]:
        return {name: each for name, each in self.operation.at("query").items() if name != "format"}

    @cached_property
    def places(self) -> dict[str, Place]:
        """Return where each argument goes. A name that is not here is the bridge's own, or unknown."""
        path = [("path", name) for name in self.operation.at("path")]
        query = [("query", name) for name in self._query if name not in self.filtered]
        whole: list[Place] = [(BODY, "")] if self.operation.body and self.members is None else []
        body = whole or [(BODY, name) for name in self.members or {}]
        taken: dict[str, Place] = {"filters": ("own", "filters")} if self.filtered else {}
        as_they_are = [place for place in (*query, *body) if plain_name(place[1] or BODY) == (place[1] or BODY)]
        respelled = [place for place in (*query, *body) if place not in as_they_are]
        exact = [place for place in path if plain_name(place[1]) == place[1]]
        for place in (*exact, *(each for each in path if each not in exact), *as_they_are, *respelled):
            taken[_free_name(place, taken)] = place
        return {name: place for name, place in taken.items() if place[0] != "own"}

    def said(self, arguments: Mapping[str, Any]) -> Said:
        """Return what the request says. Raises Impossible for arguments that no described request has."""
        found, body = Said(), dict[str, Any]()
        for name, given in arguments.items():
            kind, wire_name = self.places.get(name, ("", ""))
            value = self._read(self.schema_of(name), given) if kind else given
            if not kind:
                self._take_other(name, value, found)
            elif kind == BODY and not wire_name:
                found.body = self._whole_body(value)
            elif kind == BODY:
                if value is not None or self._allows_null((self.members or {})[wire_name]):
                    body[wire_name] = self.without_nulls((self.members or {})[wire_name], value)
            else:
                self._take_parameter(self.operation.at(kind)[wire_name], value, found)
        if self.members is not None and (body or (self.operation.body and self.operation.body.is_required)):
            found.body = (body,)
        return found

    def schema_of(self, name: str) -> Any:
        """Return the description's schema of an argument."""
        kind, wire_name = self.places[name]
        if kind != BODY:
            return self.operation.at(kind)[wire_name].schema
        if wire_name:
            return (self.members or {})[wire_name]
        return self.operation.body.schema if self.operation.body else {}

    def _read(self, schema: Any, value: Any) -> Any:
        """Return the value with objects and lists in place of texts, where the description allows no text.

        Models are told to give them as JSON text where their schemas cannot say them.
        """
        plain = self.operation.description.schema(schema)
        if isinstance(value, str):
            return value if self.is_valid(plain, value) or self._takes_texts(plain) else _object_or_list(value)
        if isinstance(value, list):
            items = plain.get("items", {}) if isinstance(plain, Mapping) else {}
            return [self._read(items, each) for each in value] if items else value
        if isinstance(value, Mapping) and isinstance(plain, Mapping):
            parts = [plain, *(self.operation.description.schema(each) for each in plain.get("anyOf", []))]
            members = {name: each for part in parts for name, each in part.get("properties", {}).items()}
            return {name: self._read(members[name], each) if name in members else each for name, each in value.items()}
        return value

    def _takes_texts(self, schema: Any) -> bool:
        return "string" in types_of(self.operation, schema)

    def _whole_body(self, value: Any) -> tuple[Any, ...]:
        schema = self.operation.body.schema if self.operation.body else {}
        return () if value is None and not self._allows_null(schema) else (self.without_nulls(schema, value),)

    def _take_parameter(self, parameter: Parameter, value: Any, found: Said) -> None:
        if value is None and not parameter.is_json:
            return  # RFC 6570 §2.3: null is undefined
        if value is None and not self._allows_null(parameter.schema):
            return
        pruned = self.without_nulls(parameter.schema, value)
        if parameter.is_json:
            (found.path if parameter.place == "path" else found.query)[parameter.name] = pruned
            return
        as_read = self._as_read(parameter.schema, pruned)
        if as_read in ([], {}):
            return  # RFC 6570 §2.3: an empty list is undefined
        (found.path if parameter.place == "path" else found.query)[parameter.name] = as_read

    def _as_read(self, schema: Any, value: Any) -> Any:
        """Return the value as the decoder returns it: text, where the description leaves the type open."""
        plain = self.operation.description.schema(schema)
        if isinstance(value, list):
            items = plain.get("items", {})
            return [self._scalar(items, each) for each in value if each is not None]
        if isinstance(value, Mapping):
            members, others = plain.get("properties", {}), plain.get("additionalProperties", {})
            return {
                name: self._scalar(members.get(name, others if isinstance(others, Mapping) else {}), each)
                for name, each in value.items()
                if each is not None
            }
        text = self._scalar(schema, value)
        return [text] if may_be_list(self.operation, schema) else text

    def _scalar(self, schema: Any, value: Any) -> Any:
        if isinstance(value, list | Mapping):
            raise Impossible(value)  # RFC 6570 §2.3: members are texts
        types = types_of(self.operation, schema)
        if (types and types <= {"integer", "number"}) or types == {"boolean"} or isinstance(value, str):
            return value
        # An integer may be written with a fraction of zero.
        return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)

    def _take_other(self, name: str, value: Any, found: Said) -> None:
        if name == "filters" and self.filtered:
            texts: dict[str, list[str]] = {}
            for each in value or []:
                wire_name, equals, text = each.partition("=")
                if wire_name not in self.filtered or not equals:
                    raise Impossible(each)
                texts.setdefault(wire_name, []).append(text)
            for wire_name, given in texts.items():
                found.query[wire_name] = self._of_filter(self.filtered[wire_name], given)
        elif name not in {"fields", "page"}:
            raise Impossible(name)

    def _of_filter(self, parameter: Parameter, texts: Sequence[str]) -> Any:
        types = types_of(self.operation, parameter.schema)
        if types == {"array"}:
            items = self.operation.description.schema(parameter.schema).get("items", {})
            given = texts if parameter.explode else [part for text in texts for part in text.split(",")]
            return [self._of_filter_text(items, each) for each in given]
        return self._of_filter_text(parameter.schema, _only(texts))

    def _of_filter_text(self, schema: Any, text: str) -> Any:
        types = types_of(self.operation, schema)
        if types and types <= {"integer", "number", "boolean"}:
            return json.loads(text)
        return text

    # Nulls

    def _allows_null(self, schema: Any) -> bool:
        return self.is_valid(schema, None)

    def is_valid(self, schema: Any, value: Any) -> bool:
        """Return whether a value is valid by the description's own schema, read as 2020-12."""
        whole = {**self.operation.description.modern, "allOf": [schema]}
        try:
            return bool(Draft202012Validator(whole).is_valid(value))
        except OverflowError:  # an infinity is no integer
            return False

    def without_nulls(self, schema: Any, value: Any) -> Any:
        """Return the value without those null members that are optional and must not be null, at any depth."""
        plain = self.operation.description.schema(schema)
        if not isinstance(plain, Mapping):
            return value
        for words in ("anyOf", "allOf"):
            for each in plain.get(words, []):
                if not self.is_valid(plain, value):
                    value = self.without_nulls(each, value)
        if isinstance(value, list):
            return [self.without_nulls(plain.get("items", {}), each) for each in value]
        if not isinstance(value, Mapping):
            return value
        members = plain.get("properties", {})
        return {
            name: self.without_nulls(members.get(name, {}), each)
            for name, each in value.items()
            if each is not None
            or name not in members
            or name in plain.get("required", [])
            or self._allows_null(members[name])
        }

    # Validity

    def are_valid(self, arguments: Mapping[str, Any]) -> bool:
        """Return whether the description allows a request with these arguments; nulls that count as absent may be."""
        try:
            found = self.said(arguments)
        except (Impossible, ValueError, TypeError, AttributeError):
            return False
        required = {name for name, each in self.operation.at("query").items() if each.is_required}
        if set(self.operation.at("path")) - set(found.path) or required - set(found.query):
            return False
        for name, value in arguments.items():
            kind, wire_name = self.places.get(name, ("", ""))
            if kind == "path" or (kind == "query" and value is not None):
                schema = self.operation.at(kind)[wire_name].schema
                if not self.is_valid(schema, self.without_nulls(schema, self._read(schema, value))):
                    return False
        body = self.operation.body
        if body is None or not found.body:
            return body is None or not body.is_required
        return self.is_valid(body.schema, found.body[0])


def same(received: Said, expected: Said, *, is_body_optional: bool) -> bool:
    """Return whether a request says what it should. An optional body without members may be absent or `{}`."""
    bodies = [() if is_body_optional and each.body in ((), ({},)) else each.body for each in (received, expected)]
    return (
        not received.strangers
        and _strictly(received.path) == _strictly(expected.path)
        and _strictly(received.query) == _strictly(expected.query)
        and _strictly(list(bodies[0])) == _strictly(list(bodies[1]))
    )


def _strictly(value: Any) -> Any:
    """Return a form that differs for True and 1, and is equal for 1 and 1.0, which JSON does not distinguish."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _strictly(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_strictly(each) for each in value]
    return value
