"""Schemas as models are shown them: complete in themselves, shallow, and without what a model vendor refuses.

They say less than the original, which judges the call (`judging_schema`): one type for each value, `$ref` replaced by
what it names, `allOf` merged, alternatives in `anyOf` below the root only, null as an alternative.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from on_behalf_of.mcp.openapi.operation import is_file
from on_behalf_of.mcp.openapi.references import merged
from on_behalf_of.mcp.openapi.wording import shown

DEEPEST = 4  # objects in objects; what is below is only named
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
}
_KINDS = {"string", "integer", "number", "boolean", "array", "object"}
ANY: list[dict[str, Any]] = [{"type": kind} for kind in ("string", "number", "boolean", "object")]


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
            return _with({"type": "object"}, "Of the same form as the object that contains it.")
        kinds, is_nullable = self._alternatives(whole, depth, inner)
        if self._may_be_null and is_nullable:
            kinds.append({"type": "null"})
        found = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        own = str(found.get("description", ""))
        found = _with(found, f"{words} {own}".strip() if own and own not in words else words)
        default = whole.get("default")
        is_said = isinstance(default, str | int | float | bool) and default != ""
        return {**found, "default": default} if is_said else found

    def _alternatives(
        self, whole: Mapping[str, Any], depth: int, within: tuple[str, ...]
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the schemas of which a value fits one, and whether it may be null as well."""
        variants = [merged(self._document, each) for each in whole.get("oneOf") or whole.get("anyOf") or ()]
        is_nullable = whole.get("nullable") is True or any(map(_is_null, [whole, *variants]))
        variants = [each for each in variants if not _is_only_null(each)]
        if variants and all("enum" in each or "const" in each for each in variants):
            whole = {**whole, "enum": [word for each in variants for word in _words(each)]}
            variants = []
        if variants and not whole.get("properties"):
            raw = [
                each
                for each in whole.get("oneOf") or whole.get("anyOf") or ()
                if not _is_only_null(merged(self._document, each))
            ]
            kinds = [self.of(each, depth=depth, within=within) for each in raw]
            flat = [kind for each in kinds for kind in (each["anyOf"] if set(each) == {"anyOf"} else [each])]
            is_nullable = is_nullable or {"type": "null"} in flat
            return _unlike([each for each in flat if each != {"type": "null"}]) or [*ANY], is_nullable
        return [self._of_type(whole, each, depth, within) for each in _types(whole)] or [*ANY], is_nullable

    def _of_type(self, whole: Mapping[str, Any], kind: str, depth: int, within: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {"type": kind}
        words = _words(whole)
        if kind == "string":
            texts = list(dict.fromkeys(each for each in words if isinstance(each, str) and each))
            if texts and len(texts) <= MOST_WORDS:
                found["enum"] = texts
            if whole.get("format") == "date-time":
                found["format"] = "date-time"
        elif kind in {"integer", "number"}:
            found |= {name: whole[name] for name in ("minimum", "maximum") if _is_small(whole.get(name))}
            if numbers := [each for each in words if isinstance(each, int | float) and not isinstance(each, bool)]:
                # Not every model takes an enum of numbers.
                found |= {
                    "minimum": min(numbers),
                    "maximum": max(numbers),
                    "description": f"One of {_joined(numbers)}.",
                }
        elif kind == "array":
            found["items"] = self.of(whole.get("items", {}), depth=depth + 1, within=within)
        elif kind == "object":
            found |= self._members(whole, depth, within)
        return found

    def _members(self, whole: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> dict[str, Any]:
        properties = {name: each for name, each in (whole.get("properties") or {}).items() if self._is_sent(each)}
        if not properties:
            return {}
        if depth >= DEEPEST:
            return {"description": f"Members: {', '.join(list(properties)[:MOST_MEMBERS])}."}
        required = [name for name in whole.get("required") or () if name in properties]
        names = list(dict.fromkeys([*required, *properties]))[: max(MOST_MEMBERS, len(required))]
        found: dict[str, Any] = {
            "properties": {name: self.of(properties[name], depth=depth + 1, within=within) for name in names}
        }
        return found | ({"required": required} if required else {})

    def _is_sent(self, schema: Any) -> bool:
        whole = merged(self._document, schema)
        return whole.get("readOnly") is not True and not is_file(whole)


def _types(whole: Mapping[str, Any]) -> list[str]:
    """Return the types of a schema's values without null; those that follow from other keywords if it names none."""
    named = whole.get("type")
    if named is None:
        if "properties" in whole or "additionalProperties" in whole:
            return ["object"]
        if "items" in whole:
            return ["array"]
        return list(dict.fromkeys(_type_of(each) for each in _words(whole) if each is not None))
    return [each for each in ([named] if isinstance(named, str) else named) if each in _KINDS]


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "string"


def _words(whole: Mapping[str, Any]) -> list[Any]:
    return [whole["const"]] if "const" in whole else list(whole.get("enum") or ())


def _is_null(whole: Mapping[str, Any]) -> bool:
    named = whole.get("type")
    return named == "null" or (isinstance(named, list) and "null" in named) or None in _words(whole)


def _is_only_null(whole: Mapping[str, Any]) -> bool:
    return whole.get("type") in ("null", ["null"]) or _words(whole) == [None]


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


def _with(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description} if description else schema


def _joined(values: list[Any]) -> Any:
    return ", ".join(str(each) for each in dict.fromkeys(values))


def flat_members(document: Mapping[str, Any], schema: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, schema and whether it is required, for each member of an object that is sent as a body.

    The alternatives of a body are united: their members become arguments side by side, required only if all of the
    alternatives require them. Yields nothing if the body is not an object with known members.
    """
    whole = merged(document, schema)
    variants = [merged(document, each) for each in whole.get("oneOf") or whole.get("anyOf") or ()]
    variants = [each for each in variants if not _is_only_null(each)]
    if not all(each.get("properties") for each in variants):
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
        if listing._is_sent(member):  # noqa: SLF001 - of this module
            yield name, member, name in required


def _either(first: Any, second: Any) -> Any:
    """Return a schema for values that fit one of two."""
    if first == second:
        return first
    known = first["anyOf"] if isinstance(first, Mapping) and set(first) == {"anyOf"} else [first]
    return {"anyOf": [*known, *([] if second in known else [second])]}
