"""Descriptions that are seldom, doubtful or wrong, but that people publish."""

from typing import Any

from tests.on_behalf_of.mcp.openapi.made_documents import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    TEXTS,
    document,
    json_body,
    operation,
    path,
    query,
    record,
)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


NULL = {"type": "null"}
SCHEMAS = {
    "State": {"type": "string", "enum": ["a", "b"]},
    "Hidden": {"type": "string", "readOnly": True},
    "Count": {**INTEGER, "minimum": 1},
    **{name: record("k", name.lower(), k={"enum": [name]}, **{name.lower(): TEXT}) for name in "ABC"},
}
EITHER = {"oneOf": [ref("A"), ref("B")]}
ODD = document(
    {
        "/enum-filters": {
            "get": operation(
                "enum_filters",
                *(query(f"p{number}") for number in range(13)),
                query("states", {"type": "array", "items": ref("State")}),
                query("state", ref("State")),
                query("least", {"allOf": [ref("Count")]}),
                query("count", INTEGER),
                query("share", NUMBER),
                query("flag", BOOLEAN),
            )
        },
        "/hidden": {
            "post": operation(
                "hidden_by_reference",
                body=record("r", "a", r=ref("Hidden"), a=TEXT, o=record("r", "b", r=ref("Hidden"), b=TEXT)),
            )
        },
        "/one-of-one-of": {
            "post": operation("one_of_one_of", body={"oneOf": [ref("A"), {"oneOf": [ref("B"), ref("C")]}]})
        },
        "/two-any-of": {
            "post": operation(
                "two_any_of",
                body={
                    "allOf": [
                        {"anyOf": [record("a", a=TEXT), record("b", b=TEXT)]},
                        {"anyOf": [record("c", c=TEXT), record("d", d=TEXT)]},
                    ]
                },
            )
        },
        "/at-least-one": {"patch": operation("at_least_one", body={**record(a=TEXT, b=TEXT), "minProperties": 1})},
        "/together": {
            "post": operation("together", body={**record(a=TEXT, b=TEXT), "dependentRequired": {"a": ["b"]}})
        },
        "/clash-one-of/{k}": {"post": operation("clash_one_of", path("k"), body=EITHER)},
        "/maybe-null": {
            "get": operation("maybe_null", query("t", {"anyOf": [TEXTS, NULL]}), query("u", {"anyOf": [INTEGER, NULL]}))
        },
        "/text-or-list/{x}": {"get": operation("text_or_list", path("x", {"anyOf": [TEXTS, TEXT]}))},
        "/untyped/{x}": {"get": operation("untyped_path", path("x", {}))},
        "/optional/{id}": {
            "delete": operation("delete_optional", path("id"), requestBody=json_body(record(why=TEXT), required=False))
        },
        "/patterns": {
            "post": operation("names_by_pattern", body={**record(a=TEXT), "patternProperties": {"^x-": TEXT}})
        },
    },
    schemas=SCHEMAS,
)


def header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "schema": TEXT}


DOUBTFUL = document(
    {
        "/undeclared/{id}": {"get": operation("undeclared")},
        "/superfluous": {"get": operation("superfluous", path("id"))},
        "/format": {"get": operation("needs_format", query("format", TEXT, required=True))},
        "/headers": {
            "get": operation("usual_headers", header("Accept"), header("Content-Type"), header("authorization"))
        },
    }
)
