"""RFC 8259: each document has one meaning, or is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=9), JSON, max_size=4))
def test_every_json_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    """RFC 8259 §4; escaped and literal characters mean the same (§8.3)."""
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_object_or_are_refused(document: bytes) -> None:
    """There is no third outcome."""
    try:
        value = parse_object(document)
    except MalformedJson:
        return
    assert value == json.loads(document)


@pytest.mark.parametrize(
    "document",
    [
        *('{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":{"a":1,"a":2}}', '[{"a":1,"a":2}]', '{"":1,"":2}'),
        *('{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":1e999}', '{"a":[{"b":-1e999}]}'),
        *('{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":0x1}', "{'a':1}", '{"a":1,}', '{"a":undefined}'),
        *('{"a":1}x', '{"a":1}{"a":1}', "{", "", " ", "\ufeff{}", '{"a":"\n"}', '{"a":"\\x41"}', "/**/{}"),
        *('{"a":"\\ud800"}', '{"\\udc00":1}', '{"a":"\\udc00\\ud800"}', '{"a":["\\uD83D"]}'),
        '{"a":' + "9" * 5_000 + "}",
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
    ],
    ids=lambda document: document[:24],
)
def test_ambiguous_json_is_refused(document: str) -> None:
    """RFC 8259 §4 (names should be unique), §6 (no NaN), §8.1 (no byte order mark), §8.2 (surrogates), §9 (limits)."""
    with pytest.raises(MalformedJson):
        parse_object(document.encode())


@pytest.mark.parametrize("document", ["[]", "null", "1", '"a"', "true", "[{}]"])
def test_a_value_that_is_not_an_object_is_refused(document: str) -> None:
    """RFC 7519 §3: claims are members of a JSON object."""
    with pytest.raises(MalformedJson):
        parse_object(document.encode())


@pytest.mark.parametrize(
    "document", [b"\xff{}", '{"a":"ü"}'.encode("latin-1"), "{}".encode("utf-16"), b'{"a":"\xed\xa0\x80"}']
)
def test_bytes_that_are_not_utf_8_are_refused(document: bytes) -> None:
    """RFC 8259 §8.1: JSON between systems must be UTF-8."""
    with pytest.raises(MalformedJson):
        parse_object(document)


def test_a_surrogate_pair_is_a_character() -> None:
    """RFC 8259 §7."""
    assert parse_object(b'{"a":"\\ud83d\\ude00 \\\\ud800"}') == {"a": "\U0001f600 \\ud800"}
