"""Parse JSON strictly, so that all readers agree on what a document says (RFC 8259 §4, RFC 8725 §2.6)."""

import json
import math
import re
from typing import Any, NoReturn

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class MalformedJson(ValueError):
    """The document is not JSON that all parsers read the same way, or not of the expected type."""


def parse_json(document: bytes) -> Any:
    """Return the JSON value in `document`, of any type.

    Raises MalformedJson for duplicate member names (readers differ in which one they take), NaN, Infinity and numbers
    beyond a float, bytes that are not UTF-8, lone surrogates, and nesting that is too deep.
    """
    try:
        value = _decoder.decode(document.decode("utf-8"))
        if _ESCAPED_SURROGATE.search(document):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:  # UnicodeError is a ValueError
        raise MalformedJson("not a well-formed JSON document") from error
    return value


def parse_object(document: bytes) -> dict[str, Any]:
    """Return the JSON object in `document`. Raises MalformedJson as `parse_json` does, and for any other type."""
    value = parse_json(document)
    if not isinstance(value, dict):
        raise MalformedJson("not a JSON object")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("a member name is repeated")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("a number is too large")
    return number


_decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant, parse_float=_finite)
