"""A compiled check accepts and refuses exactly what jsonschema does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mcp_bridge.tools.greet import API_CALLER
from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.api.pages import either_schema, list_schema, page_schema
from on_behalf_of.mcp.compiled_schema import compiled
from on_behalf_of.mcp.json_schema import first_violation

NAMES = ["a", "b", "count"]
names = st.sampled_from(NAMES)
texts = st.sampled_from(["", "a", "ab", "abc", "\u00e9", "1", "a\n"])
numbers = st.sampled_from([0, 1, 2, 3, -1, 1.0, 1.5, 2.0, True, False, 10**30, 1e300])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
bounds = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.booleans() | st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
            "properties": st.dictionaries(names, inner, max_size=3),
            "required": st.lists(names, max_size=2, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "if": inner,
            "then": inner,
            "else": inner,
            "enum": st.lists(texts | numbers | st.none(), min_size=1, max_size=3),
            "const": texts | numbers | st.none(),
            "pattern": st.sampled_from(["^a", "b", "a$", r"\d"]),
            "format": st.just("date"),
            "title": texts,
            **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"], bounds),
            "not": inner,  # left to jsonschema
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
        },
    )


schemas = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=4)


@given(schemas, values)
def test_a_compiled_check_decides_as_jsonschema_does(schema: Any, value: Any) -> None:
    if (is_valid := compiled(schema)) is not None:
        assert is_valid(value) is Draft202012Validator(schema).is_valid(value)


@given(schemas, values)
def test_violations_are_found_whether_or_not_a_schema_can_be_compiled(schema: Any, value: Any) -> None:
    assert (first_violation(schema, value) is None) is Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        *(schema for tool in TOOLS for schema in (tool.input_schema, tool.output_schema)),
        *(make(API_CALLER) for make in (page_schema, list_schema, either_schema)),
    ],
)
def test_the_schemas_of_this_project_are_compiled(schema: Any) -> None:
    assert compiled(schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": True}},
        {"oneOf": [True]},
        {"enum": [1]},
        {"minimum": 1.5},
        {"prefixItems": []},
    ],
)
def test_other_keywords_are_left_to_jsonschema(schema: Any) -> None:
    assert compiled(schema) is None
