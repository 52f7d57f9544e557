"""Schemas as models are shown them: complete in themselves, shallow, and without what a model vendor refuses.

They say less than the original, which judges the call (`judging_schema`): one type for each value, `$ref` replaced by
what it names, `allOf` merged, alternatives in `anyOf` below the root only, null as an alternative. What a vendor does
not take in any form, such as an object with any members, is given as text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from on_behalf_of.mcp.openapi.operation import is_file
from on_behalf_of.mcp.openapi.references import merged, types_of, words_of
from on_behalf_of.mcp.openapi.wording import shown
from on_behalf_of.primitives.strict_json import MalformedJson, parse_json

DEEPEST = 2  # objects and lists below an argument; what is deeper is given as text
MOST_MEMBERS = 40  # of a nested object
MOST_WORDS = 60  # of an enum; more are not a choice but a vocabulary
LONGEST_DESCRIPTION = 100  # characters
# Texts that drf-spectacular writes for every path parameter, and that say nothing more than the name does.
_EMPTY_WORDS = (
    "A unique ",
    "A search term.",
    "Which field to use when ordering",
    "A page number within",
    "Number of results",
)
_FORMATS = {
    "date": "a date",
    "time": "a time",
    "duration": "a duration",
    "uuid": "a UUID",
    "email": "an e-mail address",
    "uri": "a URL",
    "decimal": "a decimal number",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NULL = {"type": "null"}


def listed(
    document: Mapping[str, Any], schema: Any, *, description: str = "", may_be_null: bool = True
) -> dict[str, Any]:
    """Return the schema of one argument. `may_be_null=False` leaves null out, which a query cannot carry."""
    return _Listing(document, may_be_null=may_be_null).of(schema, description=description)


class _Listing:
    def __init__(self, document: Mapping[str, Any], *, may_be_null: bool) -> None:
        self._document = document
        self._may_be_null = may_be_null

    def of(self, schema: Any, *, description: str = "", depth: int = 0, within: tuple[str, ...] = ()) -> dict[str, Any]:
        inner = (*within, reference) if isinstance(schema, Mapping) and (reference := schema.get("$ref")) else within
        whole = merged(self._document, schema)
        words = _described(whole, description or str(whole.get("description") or ""))
        if len(inner) != len(set(inner)):
            return _with(as_text("object"), "Of the same form as the object that contains it.")
        kinds, is_nullable = self._alternatives(whole, depth, inner)
        first, *others = [_with(kinds[0], words), *kinds[1:]]
        if self._may_be_null and is_nullable:
            others.append(_NULL)
        if others:  # nothing stands beside anyOf, as one vendor demands
            return {"anyOf": [first, *others]}
        default = whole.get("default")
        is_said = isinstance(default, str | int | float | bool) and default != ""
        return {**first, "default": default} if is_said else first

    def _alternatives(
        self, whole: Mapping[str, Any], depth: int, within: tuple[str, ...]
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the schemas of which a value fits one, and whether it may be null as well."""
        raw = whole.get("oneOf") or whole.get("anyOf") or ()
        variants = [merged(self._document, each) for each in raw]
        is_nullable = whole.get("nullable") is True or any(map(_is_null, [whole, *variants]))
        raw = [each for each, variant in zip(raw, variants, strict=True) if not _is_only_null(variant)]
        variants = [each for each in variants if not _is_only_null(each)]
        if variants and all("enum" in each or "const" in each for each in variants):
            whole, raw = {**whole, "enum": [word for each in variants for word in words_of(each)]}, []
        if raw and not whole.get("properties"):
            kinds = [self.of(each, depth=depth, within=within) for each in raw]
            flat = [kind for each in kinds for kind in each.get("anyOf", [each])]
            return _unlike([each for each in flat if each != _NULL]), is_nullable or _NULL in flat
        return [self._of_type(whole, each, depth, within) for each in types_of(whole)] or [as_text("")], is_nullable

    def _of_type(self, whole: Mapping[str, Any], kind: str, depth: int, within: tuple[str, ...]) -> dict[str, Any]:
        if kind == "string":
            texts = list(dict.fromkeys(each for each in words_of(whole) if isinstance(each, str) and each))
            words = {"enum": texts} if texts and len(texts) <= MOST_WORDS else {}
            return {"type": kind, **words, **({"format": "date-time"} if whole.get("format") == "date-time" else {})}
        if kind in {"integer", "number"}:
            return self._of_number(whole, kind)
        if kind in {"array", "object"} and depth > DEEPEST:
            return as_text(kind, self._sent(whole))
        if kind == "array":
            return {"type": kind, "items": self.of(whole.get("items", {}), depth=depth + 1, within=within)}
        return self._of_object(whole, depth, within) if kind == "object" else {"type": kind}

    def _of_number(self, whole: Mapping[str, Any], kind: str) -> dict[str, Any]:
        numbers = [each for each in words_of(whole) if isinstance(each, int | float) and not isinstance(each, bool)]
        if numbers:  # not every model takes an enum of numbers
            bounds = {"minimum": min(numbers), "maximum": max(numbers)}
            return {"type": kind, "description": f"One of {', '.join(map(str, dict.fromkeys(numbers)))}.", **bounds}
        return {"type": kind, **{name: whole[name] for name in ("minimum", "maximum") if _is_small(whole.get(name))}}

    def _of_object(self, whole: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> dict[str, Any]:
        properties = self._sent(whole)
        if not properties or not all(map(_NAME.fullmatch, properties)):
            return as_text("object", properties)
        required = [name for name in whole.get("required") or () if name in properties]
        names = list(dict.fromkeys([*required, *properties]))[: max(MOST_MEMBERS, len(required))]
        found: dict[str, Any] = {
            "type": "object",
            "properties": {name: self.of(properties[name], depth=depth + 1, within=within) for name in names},
        }
        return found | ({"required": required} if required else {})

    def _sent(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members that a request may contain."""
        return {name: each for name, each in (whole.get("properties") or {}).items() if self.is_sent(each)}

    def is_sent(self, schema: Any) -> bool:
        whole = merged(self._document, schema)
        return whole.get("readOnly") is not True and not is_file(whole)


def as_text(kind: str, members: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema for JSON that is given as text; `read_texts` reads it.

    Not every model takes an object whose members are not known, names beyond letters and digits, or deep nesting.
    """
    what = {"object": "A JSON object", "array": "A JSON list", "": "JSON of any kind"}[kind]
    names = ", ".join(list(members)[:MOST_MEMBERS])
    return {"type": "string", "description": f"{what}, as text{f', with the members {names}' if names else ''}."}


def read_texts(document: Mapping[str, Any], schema: Any, value: Any) -> Any:
    """Return the value with JSON in place of texts, wherever the schema does not allow a text, or allows anything.

    A text that is not JSON stays, and the judge says what is wrong with it.
    """
    whole = merged(document, schema)
    variants = [merged(document, each) for each in whole.get("oneOf") or whole.get("anyOf") or ()]
    kinds = {kind for each in [whole, *variants] for kind in types_of(each)}
    if isinstance(value, str):
        return value if "string" in kinds else _json_of(value)
    if isinstance(value, list):
        items: Any = next((each["items"] for each in [whole, *variants] if "items" in each), {})
        return [read_texts(document, items, each) for each in value] if items else value
    if isinstance(value, dict):
        parts = [*variants, whole]
        members = {name: each for part in parts for name, each in (part.get("properties") or {}).items()}
        others = next((each for part in parts if isinstance(each := part.get("additionalProperties"), Mapping)), None)
        return {
            name: each if (known := members.get(name, others)) is None else read_texts(document, known, each)
            for name, each in value.items()
        }
    return value


def _json_of(text: str) -> Any:
    """Return the object or list that the text is as JSON; the text itself if it is neither."""
    try:
        found = parse_json(text.encode())
    except (MalformedJson, UnicodeEncodeError):
        return text
    return found if isinstance(found, dict | list) else text


def _is_null(whole: Mapping[str, Any]) -> bool:
    named = whole.get("type")
    return named == "null" or (isinstance(named, list) and "null" in named) or None in words_of(whole)


def _is_only_null(whole: Mapping[str, Any]) -> bool:
    return whole.get("type") in ("null", ["null"]) or words_of(whole) == [None]


def _is_small(limit: Any) -> bool:
    """Return whether a limit says something: databases' own limits, such as 2^31, do not."""
    return isinstance(limit, int | float) and not isinstance(limit, bool) and abs(limit) < 2**31 - 1


def _unlike(kinds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the alternatives without those that another one says as well: an e-mail address or any text, say."""
    found: list[dict[str, Any]] = []
    for each in kinds:
        is_plain = not {"enum", "properties", "items"}.intersection(each)
        like = [other for other in found if other == each or (is_plain and other["type"] == each["type"])]
        if not like:
            found.append(each)
    return found


def _described(whole: Mapping[str, Any], text: str) -> str:
    words = "" if text.startswith(_EMPTY_WORDS) else shown(text, LONGEST_DESCRIPTION)
    form = _FORMATS.get(str(whole.get("format")))
    if form and form.split()[-1].lower() not in words.lower():
        return f"{words} ({form})" if words else f"{form[0].upper()}{form[1:]}"
    return words


def _with(schema: dict[str, Any], words: str) -> dict[str, Any]:
    """Return the schema with a description before its own."""
    own = schema.get("description", "")
    if not words or words in own:
        return schema
    return {**schema, "description": words if not own or own in words else f"{words} {own}"}


def flat_members(document: Mapping[str, Any], schema: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, schema and whether it is required, for each member of an object that is sent as a body.

    The alternatives of a body are united: their members become arguments side by side, required only if all of the
    alternatives require them. Yields nothing if the body is not an object with known members.
    """
    whole = merged(document, schema)
    variants = [merged(document, each) for each in whole.get("oneOf") or whole.get("anyOf") or ()]
    variants = [each for each in variants if not _is_only_null(each)]
    if not all(each.get("properties") or (whole.get("properties") and set(each) <= {"required"}) for each in variants):
        return
    properties: dict[str, Any] = {}
    for each in [whole, *variants]:
        for name, member in (each.get("properties") or {}).items():
            properties[name] = _either(properties[name], member) if name in properties else member
    required = set(whole.get("required") or ())
    if variants:
        required |= set.intersection(*(set(each.get("required") or ()) for each in variants))
    listing = _Listing(document, may_be_null=True)
    for name, member in properties.items():
        if listing.is_sent(member):
            yield name, member, name in required


def _either(first: Any, second: Any) -> Any:
    """Return a schema for values that fit one of two."""
    if first == second:
        return first
    known = first["anyOf"] if isinstance(first, Mapping) and set(first) == {"anyOf"} else [first]
    return {"anyOf": [*known, *([] if second in known else [second])]}
