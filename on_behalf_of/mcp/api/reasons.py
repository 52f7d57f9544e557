"""Extract the API's reasons for a refusal, as text for a tool's answer."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from on_behalf_of.http_client.http_client import UpstreamResponse
from on_behalf_of.primitives.foreign_text import readable

MOST, LONGEST, LONGEST_NAME, DEEPEST = 20, 300, 60, 8  # reasons, characters of one, of a field's name, levels
# Members about the whole request; the second pair only if they are strings, not a field's list of messages.
_WHOLE, _WHOLE_AS_TEXT = ("detail", "non_field_errors"), ("error_description", "message")
# Codes for programs, left out if there is a sentence (RFC 6750, RFC 9457, exception handlers for DRF).
_CODES = frozenset({"type", "status", "status_code", "instance", "error", "code", "reason", "scope"})
# Members of an object with one reason and the field that it is about (RFC 9457 §3, drf-standardized-errors).
_WHERE, _WHAT = ("pointer", "attr", "field", "name", "loc", "parameter"), ("detail", "reason", "message", "msg")


def body_of(response: UpstreamResponse) -> Any:
    """Return the body as JSON, None if it is not JSON.

    The parser is lenient, because no decision depends on the result. HTML pages and tracebacks are never repeated.
    """
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def reasons(response: UpstreamResponse) -> str:
    """Return every reason that the body gives, as one line, cut and cleaned; empty if it gives none.

    Reads the errors of Django REST framework (`{"detail": …}`, `{"title": ["…"]}`, lists of messages, nested
    serializers) and problem details (RFC 9457). A field's messages begin with its name.
    """
    body = body_of(response)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    found = dict.fromkeys(_all(body, is_problem=media_type == "application/problem+json"))
    return "; ".join(islice(found, MOST)) + ("; and more" if len(found) > MOST else "")


def _all(body: Any, *, is_problem: bool) -> Iterator[str]:
    texts = _of_object(body, is_problem=is_problem) if isinstance(body, dict) else _texts("", body)
    return islice(texts, MOST * 2)  # bounds a body that repeats itself


def _of_object(body: dict[str, Any], *, is_problem: bool) -> Iterator[str]:
    as_text = ("title", *_WHOLE_AS_TEXT) if is_problem else _WHOLE_AS_TEXT
    whole = (*_WHOLE, *(name for name in as_text if isinstance(body.get(name), str)))
    codes = {name for name in _CODES.intersection(body) if isinstance(body[name], str)}
    says_something = False
    for name in (*whole, *(each for each in body if each not in {*whole, *codes})):
        for text in _texts("" if name in whole else _below("", name), body.get(name), depth=1):
            says_something = True
            yield text
    if not says_something:
        for name in sorted(codes):
            yield from _texts(name, body[name])


def _texts(path: str, value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if text := readable(value, limit=LONGEST).rstrip("."):
            yield f"{path}: {text}" if path else text
    elif isinstance(value, dict) and depth < DEEPEST:
        if located := _located(path, value):
            yield located
            return
        for name, each in value.items():
            yield from _texts(path if name in _WHOLE else _below(path, name), each, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        holds_objects = any(isinstance(each, dict) and not _located(path, each) for each in value)
        for number, each in enumerate(value):
            yield from _texts(_below(path, str(number)) if holds_objects else path, each, depth + 1)


def _located(path: str, value: dict[str, Any]) -> str:
    where = next((each for name in _WHERE if (each := value.get(name)) is not None), None)
    what = next((each for name in _WHAT if (each := readable(value.get(name), limit=LONGEST))), "")
    if where is None or not what:
        return ""
    steps = [str(each) for each in where] if isinstance(where, list) else [str(where).lstrip("#/").replace("/", ".")]
    field = readable(".".join(steps), limit=LONGEST_NAME)
    return f"{field or path}: {what.rstrip('.')}"


def _below(path: str, name: str) -> str:
    return readable(f"{path}.{name}" if path else name, limit=LONGEST_NAME)
