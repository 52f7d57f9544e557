"""Read one operation of an OpenAPI document, independently of the generator's code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DEFAULT_STYLE = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}  # OpenAPI §Parameter Object

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str  # "path", "query", "header" or "cookie"
    is_required: bool
    style: str
    explode: bool
    is_json: bool  # described by `content`, not by `schema`
    schema: Schema


@dataclass(frozen=True)
class Body:
    is_required: bool
    media_types: tuple[str, ...]
    schema: Schema  # of its JSON


class Description:
    """An OpenAPI document whose schemas are read as JSON Schema 2020-12, as those of requests."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.is_old = str(document["openapi"]).startswith("3.0")

    @cached_property
    def modern(self) -> dict[str, Any]:
        """Return the whole document with schemas in 2020-12's words, and without members that are read-only."""
        found: dict[str, Any] = self._modern(self.document)
        return found

    def resolved(self, value: Any, *, within: Mapping[str, Any] | None = None) -> Any:
        """Follow `$ref`s to their end. What stands beside a `$ref` to a schema stays."""
        while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            target = self._at(value["$ref"], within or self.document)
            beside = {name: each for name, each in value.items() if name != "$ref"}
            value = {**target, **beside} if isinstance(target, Mapping) else target
        return value

    def schema(self, value: Any) -> Any:
        """Return a schema of `modern` without a `$ref` at its root."""
        return self.resolved(value, within=self.modern)

    @property
    def operation_ids(self) -> list[str]:
        return [raw["operationId"] for _, _, raw, _ in self._operations() if "operationId" in raw]

    def operation(self, operation_id: str) -> "DescribedOperation":
        for template, method, raw, shared in self._operations():
            if raw.get("operationId") == operation_id:
                return DescribedOperation(self, operation_id, method.upper(), template, raw, shared)
        raise LookupError(operation_id)

    @property
    def templates(self) -> list[str]:
        return list(self.document["paths"])

    def _operations(self) -> Iterator[tuple[str, str, Mapping[str, Any], list[Any]]]:
        for template, item in self.document["paths"].items():
            found = self.resolved(item)
            for method in METHODS:
                if method in found:
                    yield template, method, found[method], found.get("parameters", [])

    @staticmethod
    def _at(reference: str, document: Mapping[str, Any]) -> Any:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            found = found[int(name)] if isinstance(found, list) else found[name]
        return found

    def _modern(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._modern(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        found = {name: self._modern(each) for name, each in self._for_requests(value).items()}
        for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(found.get(bound), bool) and found.pop(bound):
                found[bound] = found.pop(limit)
        if isinstance(found.get("oneOf"), list):  # generators of documents list alternatives that overlap
            found["anyOf"] = found.pop("oneOf")
        if self.is_old and found.get("nullable") is True:
            del found["nullable"]
            return {"anyOf": [found, {"type": "null"}]}
        return found

    def _for_requests(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        members = value.get("properties")
        if not isinstance(members, Mapping):
            return value
        hidden = {name for name, each in members.items() if self.is_read_only(each)}
        changed = {**value, "properties": {name: each for name, each in members.items() if name not in hidden}}
        if isinstance(value.get("required"), list):
            changed["required"] = [name for name in value["required"] if name not in hidden]
        return changed

    def is_read_only(self, member: Any) -> bool:
        return isinstance(member, Mapping) and self.resolved(member).get("readOnly") is True


@dataclass(frozen=True)
class DescribedOperation:
    description: Description
    id: str
    method: str
    template: str
    raw: Mapping[str, Any]
    shared: list[Any]  # parameters of its path

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters. Those of the operation replace those of its path (§Path Item Object)."""
        found: dict[tuple[str, str], Parameter] = {}
        for each in (*self.shared, *self.raw.get("parameters", [])):
            parameter = self._parameter(self.description.resolved(each))
            found[parameter.place, parameter.name] = parameter
        return tuple(found.values())

    def _parameter(self, raw: Mapping[str, Any]) -> Parameter:
        place = raw["in"]
        style = raw.get("style", DEFAULT_STYLE[place])
        content = next(iter(raw.get("content", {}).values()), None)
        schema = content["schema"] if content else raw.get("schema", {})
        return Parameter(
            raw["name"],
            place,
            raw.get("required") is True,
            style,
            raw.get("explode", style == "form"),
            content is not None,
            self.description._modern(schema),
        )

    def at(self, place: str) -> dict[str, Parameter]:
        return {each.name: each for each in self.parameters if each.place == place}

    @cached_property
    def body(self) -> Body | None:
        """Return the body if the operation takes JSON."""
        raw = self.description.resolved(self.raw.get("requestBody"))
        content = {} if raw is None else raw.get("content", {})
        media_types = tuple(content)
        chosen = next((each for each in media_types if is_json(each)), None)
        if chosen is None:
            return None
        return Body(
            raw.get("required") is True, media_types, self.description._modern(content[chosen].get("schema", {}))
        )

    @cached_property
    def members(self) -> dict[str, Schema] | None:
        """Return the known members of a body that is an object; None if the body is something else, or absent."""
        if self.body is None or not self._is_object(self.body.schema):
            return None
        found = list(self._members(self.body.schema, depth=0))
        merged: dict[str, Any] = {}
        for name, schema in found:
            merged[name] = {"anyOf": [merged[name], schema]} if name in merged else schema
        return merged or None

    def _is_object(self, schema: Any, depth: int = 0) -> bool:
        plain = self.description.schema(schema)
        if depth > 9 or not isinstance(plain, Mapping):
            return False
        if "properties" in plain and plain.get("type") in (None, "object", ["object", "null"]):
            return True
        if alternatives := plain.get("anyOf"):
            forms = [each for each in alternatives if self.description.schema(each).get("type") != "null"]
            return bool(forms) and all(self._is_object(each, depth + 1) for each in forms)
        if parts := plain.get("allOf"):
            return any(self._is_object(each, depth + 1) for each in parts)
        return plain.get("type") in ("object", ["object", "null"])

    def _members(self, schema: Any, depth: int) -> Iterator[tuple[str, Schema]]:
        plain = self.description.schema(schema)
        if depth > 9 or not isinstance(plain, Mapping):
            return
        yield from plain.get("properties", {}).items()
        for words in ("allOf", "anyOf"):
            for each in plain.get(words, []):
                yield from self._members(each, depth + 1)

    @cached_property
    def answer(self) -> Schema:
        """Return the schema of the first success with JSON; {} if there is none."""
        for status, raw in self.raw.get("responses", {}).items():
            for media_type, content in self.description.resolved(raw).get("content", {}).items():
                if str(status).startswith("2") and is_json(media_type):
                    found: Schema = self.description.schema(content.get("schema", {}))
                    return found
        return {}


def is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    return plain in {"application/json", "application/*", "*/*"} or plain.endswith("+json")
