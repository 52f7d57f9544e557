"""Single requests, byte by byte: what the API receives, and what it must never receive.

`test_exact_requests` tries many arguments; these are the ones that a reader can check by eye.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.openapi.lock_file import locked_text
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.mcp.openapi.made_documents import (
    BODIES,
    DOCUMENTS,
    INTEGER,
    MANY,
    NAMES,
    PATHS,
    SCOPE,
    STYLES,
    TEXT,
    document,
    json_body,
    operation,
    path,
    query,
    record,
)
from tests.on_behalf_of.mcp.openapi.odd_documents import DOUBTFUL, ODD
from tests.on_behalf_of.mcp.openapi.tool_chain import ToolChain, tool_chain

SIBLINGS = document(
    {
        "/orders/{id}": {"post": operation("change_order", path("id"))},
        "/orders/{id}:cancel": {"post": operation("cancel_order", path("id"))},
        "/orders/export.{kind}": {"post": operation("export_orders", path("kind"))},
        "/orders/new-{id}": {"get": operation("new_order", path("id"))},
        "/a/{x}/c": {"get": operation("a_c", path("x"))},
        "/a/b/{y}": {"get": operation("a_b", path("y"))},
        "/deep/{x}/y": {"get": operation("deep_y", path("x"))},
        "/deep/x%2Dz/y": {"get": operation("deep_literal")},
    }
)
LOOKS_LIKE_OWN = document(
    {
        "/whole": {
            "get": operation(
                "whole_list",
                query("page[]", INTEGER),
                query("fields[]"),
                responses={
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"type": "array", "items": record(a=TEXT)}}},
                    }
                },
            )
        },
    }
)

EXACT: dict[str, tuple[dict[str, Any], str, dict[str, Any], str, str, Any]] = {
    # document, operation, arguments, then what is received: method, target, body
    "a space is %20 in a path": (PATHS, "user_posts", {"name": "a b"}, "GET", "/users/@a%20b/posts", None),
    "a percent sign is encoded once": (PATHS, "order", {"id": "100%"}, "GET", "/orders/100%25", None),
    "an escape stays text": (PATHS, "order", {"id": "%2F"}, "GET", "/orders/%252F", None),
    "a plus sign of a path": (PATHS, "order", {"id": "a+b"}, "GET", "/orders/a%2Bb", None),
    "a template with a percent sign": (PATHS, "percent", {"x": "a b"}, "GET", "/100%25/a%20b", None),
    "a template with spaces": (PATHS, "spaces_in_path", {"x": "y"}, "GET", "/a%20b/y/c%20d", None),
    "a template with an escape": (PATHS, "escaped", {"x": "y"}, "GET", "/escaped%20one/y", None),
    "a template beyond ASCII": (PATHS, "cafe", {"x": "\u00e9"}, "GET", "/caf%C3%A9/%C3%A9", None),
    "a boolean in a path": (PATHS, "flag_in_path", {"b": True}, "GET", "/flags/true", None),
    "names that differ in case": (NAMES, "cases", {"name": "1", "NAME": "2"}, "GET", "/cases?name=1&NAME=2", None),
    "a name with brackets": (STYLES, "brackets", {"t_x": "1"}, "GET", "/brackets?t%5Bx%5D=1", None),
    "three equal names": (
        *(NAMES, "clash", {"name": "p", "query_name": "q", "body_name": "b"}),
        *("PUT", "/clash/p?name=q", {"name": "b"}),
    ),
    "the API's own filters": (NAMES, "own_words", {"filters": "abc"}, "POST", "/own-words?filters=abc", {}),
    "a list that is repeated": (STYLES, "repeated", {"r": ["a", "", "b"]}, "GET", "/repeated?r=a&r=&r=b", None),
    "an empty list is absent": (STYLES, "repeated", {"r": []}, "GET", "/repeated", None),
    "an empty text is not absent": (STYLES, "empty_allowed", {"e": ""}, "GET", "/empty-allowed?e=", None),
    "a null in the query is absent": (STYLES, "nullable_query", {"n": None}, "GET", "/nullable", None),
    "a deep object": (STYLES, "deep", {"d": {"low": 1}}, "GET", "/deep?d%5Blow%5D=1", None),
    "a filter": (MANY, "thirteen_lists", {"filters": ["p1=a=b"]}, "GET", "/thirteen-lists?p1=a%3Db", None),
    "a filter that may be null": (MANY, "thirteen_lists", {"filters": ["n=1"]}, "GET", "/thirteen-lists?n=1", None),
    "a list among the filters": (
        *(MANY, "thirteen_lists", {"filters": ["tags=a", "tags=b"]}),
        *("GET", "/thirteen-lists?tags=a&tags=b", None),
    ),
    "a filter by a shared schema": (
        ODD,
        "enum_filters",
        {"filters": ["state=a"]},
        "GET",
        "/enum-filters?state=a",
        None,
    ),
    "a filter by a list of a shared schema": (
        *(ODD, "enum_filters", {"filters": ["states=a", "states=b"]}),
        *("GET", "/enum-filters?states=a&states=b", None),
    ),
    "a member that is read-only by reference": (
        *(ODD, "hidden_by_reference", {"a": "x", "o": {"b": "y"}}),
        *("POST", "/hidden", {"a": "x", "o": {"b": "y"}}),
    ),
    "headers that the bridge sends anyway": (DOUBTFUL, "usual_headers", {}, "GET", "/headers", None),
    "a member called filters": (
        *(MANY, "thirteen_body", {"p0": "x", "filters": ["p1=y"], "body_filters": "z"}),
        *("POST", "/thirteen-body/x?p1=y", {"filters": "z"}),
    ),
    "a false body": (BODIES, "any_body", {"body": False}, "POST", "/any", False),
    "an empty text as the body": (BODIES, "text_body", {"body": ""}, "POST", "/text", ""),
    "an empty list as the body": (BODIES, "optional_list", {"body": []}, "POST", "/optional-list", []),
    "a body for DELETE": (BODIES, "delete_body", {"ids": [1, 2]}, "DELETE", "/delete", {"ids": [1, 2]}),
    "a null that the description allows": (
        *(BODIES, "nested_nulls", {"o": {"x": None, "y": None}}, "POST", "/nested-nulls", {"o": {"y": None}}),
    ),
    "no other member of a form object": (STYLES, "form_object", {"f": {"low": 1}}, "GET", "/form-object?low=1", None),
}
REFUSED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "a slash": (PATHS, "order", {"id": "a/b"}),
    "two dots": (PATHS, "order", {"id": ".."}),
    "nothing": (PATHS, "order", {"id": ""}),
    "a word that is another address": (PATHS, "whole_file", {"name": "latest"}),
    "a suffix that is another operation": (SIBLINGS, "change_order", {"id": "7:cancel"}),
    "a beginning and an end that are another operation": (SIBLINGS, "change_order", {"id": "export.csv"}),
    "a beginning that is another operation": (SIBLINGS, "change_order", {"id": "new-7"}),
    "a value with a dot, where another address has one": (PATHS, "whole_file", {"name": "a.b"}),
    "a first segment that is another address": (SIBLINGS, "a_c", {"x": "b"}),
    "a literal segment with an escape": (SIBLINGS, "deep_y", {"x": "x-z"}),
    "a member that is another parameter": (STYLES, "form_map", {"f": {"g": "1"}}),
    "a member that chooses the format": (STYLES, "form_map", {"f": {"format": "csv"}}),
    "an unknown member of a form object": (STYLES, "form_object", {"f": {"low": 1, "format": "csv"}}),
    "a member of an untyped parameter": (STYLES, "mixed", {"a": {"m": 1}}),
    "a separator within an item": (STYLES, "pipes", {"p": ["a|b"]}),
    "a separator within a member": (STYLES, "form_object_joined", {"f": {"name": "x,low,5"}}),
    "a separator within a member's name": (STYLES, "form_object_joined", {"f": {"low,1,name": "x"}}),
    "an object within a deep object": (STYLES, "deep", {"d": {"x": {"y": 1}}}),
    "a required list that is empty": (STYLES, "needed", {"n": "a", "l": []}),
    "a filter that is not one": (MANY, "thirteen", {"needed": "a", "filters": ["zz=1"]}),
    "a filter of another type": (MANY, "thirteen", {"needed": "a", "filters": ["count=x"]}),
    "a filter that comes twice": (MANY, "thirteen", {"needed": "a", "filters": ["p1=1", "p1=2"]}),
    "a filter in place of an argument": (MANY, "thirteen", {"needed": "a", "filters": ["needed=b"]}),
    "a filter for the page": (MANY, "thirteen", {"needed": "a", "page": 1, "filters": ["page=2"]}),
    "an item of another type among the filters": (MANY, "thirteen_lists", {"filters": ["ids=x"]}),
    **{
        f"a filter of another form: {each}": (ODD, "enum_filters", {"filters": [each]})
        for each in ("count=1_000", "count= 5", "count=+5", "count=\u0663", "share=nan", "share=inf", "share=1_0")
    },
    "a filter by a shared schema that has no such value": (ODD, "enum_filters", {"filters": ["state=z"]}),
    "an item by a shared schema that has no such value": (ODD, "enum_filters", {"filters": ["states=z"]}),
    "an empty object for a change that needs a member": (ODD, "at_least_one", {}),
    "an inner member that is read-only by reference": (
        ODD,
        "hidden_by_reference",
        {"a": "x", "o": {"b": "y", "r": "z"}},
    ),
    "a member that is read-only": (BODIES, "read_only", {"a": "x", "id": 1}),
    "an unknown argument": (BODIES, "closed", {"a": "x", "c": "y"}),
    "True as an integer": (BODIES, "integer_body", {"body": True}),
    "a number that JSON lacks": (BODIES, "number_bounds", {"a": float("nan")}),
    "an endless number in the query": (STYLES, "numbers", {"n": float("inf")}),
    "a lone surrogate in the query": (STYLES, "reserved", {"r": "a\ud800"}),
    "a lone surrogate in the path": (PATHS, "order", {"id": "a\ud800"}),
    "a lone surrogate in the body": (BODIES, "text_body", {"body": "a\ud800"}),
}
UNUSABLE: dict[str, dict[str, Any]] = {
    "list_in_path": PATHS,
    "label": PATHS,
    "matrix": PATHS,
    "glued": PATHS,
    "json_in_path": STYLES,
    "undeclared": DOUBTFUL,
    "untyped_path": ODD,
    "text_or_list": ODD,
    "file": PATHS,
    "between": PATHS,
    "needs_format": DOUBTFUL,
}


@pytest.fixture(scope="module")
def chain() -> Iterator[ToolChain]:
    with tool_chain([SCOPE]) as chain:
        yield chain


def made(description: dict[str, Any], operation_id: str) -> Tool:
    (tool,) = ToolRegistry.from_openapi(description, [operation_id])
    return tool


@pytest.mark.parametrize("case", EXACT)
def test_the_api_receives_exactly_this(chain: ToolChain, case: str) -> None:
    description, operation_id, arguments, method, target, body = EXACT[case]
    called = chain.call(made(description, operation_id), arguments)
    assert called.error is None
    (request,) = called.requests
    assert (request.method, request.target) == (method, target)
    assert (json.loads(request.body) if request.body else None) == body


@pytest.mark.parametrize("case", REFUSED)
def test_the_api_receives_nothing(chain: ToolChain, case: str) -> None:
    description, operation_id, arguments = REFUSED[case]
    called = chain.call(made(description, operation_id), arguments)
    assert called.requests == []
    assert called.is_sentence, called.error
    assert called.error is not None
    # The caller can mend it. Other reasons would blame the API or this server's operator.
    assert called.error.reason == "invalid_arguments"


@pytest.mark.parametrize("operation_id", UNUSABLE)
def test_an_operation_that_cannot_be_called_exactly_is_no_tool(operation_id: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^The operation {operation_id} cannot be a tool: .*\.$"):
        made(UNUSABLE[operation_id], operation_id)


@pytest.mark.parametrize("schema", [{"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}])
def test_a_path_parameter_that_may_be_null_is_no_mistake(chain: ToolChain, schema: dict[str, Any]) -> None:
    """OpenAPI 3.1 has lists of types. A path has no null, so it is refused."""
    tool = made(document({"/x/{x}": {"get": operation("x", path("x", schema))}}), "x")
    assert [each.target for each in chain.call(tool, {"x": "a"}).requests] == ["/x/a"]
    refused = chain.call(tool, {"x": None})
    assert refused.requests == []
    assert refused.is_sentence


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/vnd.api+json"])
def test_a_body_has_the_content_type_that_is_described(chain: ToolChain, media_type: str) -> None:
    body = json_body(record(a=TEXT), media_type=media_type)
    description = document({"/x": {"patch": operation("x", requestBody=body)}})
    try:
        tool = made(description, "x")
    except ImproperlyConfigured:
        return  # better no tool than one whose every call is refused
    (request,) = chain.call(tool, {"a": "b"}).requests
    assert request.header("Content-Type") == media_type


@pytest.mark.parametrize("operation_id", ["nullable_list", "any_body"])
def test_null_as_the_whole_body_is_null_or_refused(chain: ToolChain, operation_id: str) -> None:
    called = chain.call(made(BODIES, operation_id), {"body": None})
    assert [each.body for each in called.requests] in ([b"null"], [])
    assert called.requests or called.is_sentence


@pytest.mark.parametrize(
    "operation_id", ["sanitized", "prefixes", "non_ascii", "called_body", "own_words", "long_names", "symbols"]
)
def test_every_argument_goes_to_a_place_of_its_own(chain: ToolChain, operation_id: str) -> None:
    """Names that look alike get different arguments. Each is sent alone, and arrives alone, under another name."""
    tool = made(NAMES, operation_id)
    always = dict.fromkeys(tool.input_schema.get("required", []), "always")
    places = set()
    for name in tool.input_schema["properties"]:
        called = chain.call(tool, {**always, name: _fitting(tool, name)})
        assert called.error is None
        places |= {(each.target, each.body) for each in called.requests}
    assert len(places) == len(tool.input_schema["properties"])


def test_arguments_that_look_like_the_bridges_own_are_the_apis(chain: ToolChain) -> None:
    """`page[]` and `fields[]` become `page` and `fields`, which are also the bridge's names for whole lists."""
    tool = made(LOOKS_LIKE_OWN, "whole_list")
    names = list(tool.input_schema["properties"])
    received = {each.target for name in names for each in chain.call(tool, {name: _fitting(tool, name)}).requests}
    assert {"/whole?page%5B%5D=7", "/whole?fields%5B%5D=seven"} <= received


def _fitting(tool: Tool, name: str) -> Any:
    return {"integer": 7, "array": ["seven"]}.get(tool.input_schema["properties"][name].get("type"), "seven")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tools_from_a_lock_file_are_the_same(tmp_path: Path, name: str) -> None:
    usable = {}
    for item in DOCUMENTS[name]["paths"].values():
        for raw in item.values():
            operation_id = raw.get("operationId", "") if isinstance(raw, dict) else ""
            try:
                usable[operation_id] = made(DOCUMENTS[name], operation_id).name
            except (ImproperlyConfigured, TypeError):
                continue
    file = tmp_path / "tools.lock.json"
    file.write_text(locked_text(DOCUMENTS[name], usable), encoding="utf-8")
    locked = ToolRegistry.from_openapi({}, lock=file)
    assert len(list(locked)) == len(usable)
    for tool, operation_id in zip(locked, usable, strict=True):
        fresh = made(DOCUMENTS[name], operation_id)
        assert (tool.input_schema, tool.judged_by, tool.output_schema, tool.origin, tool.scopes) == (
            *(fresh.input_schema, fresh.judged_by, fresh.output_schema, fresh.origin, fresh.scopes),
        )


@pytest.mark.parametrize(("operation_id", "arguments"), [("change_order", {"id": "7:cancel"}), ("a_c", {"x": "b"})])
def test_a_lock_file_knows_the_addresses_of_other_operations(
    chain: ToolChain, tmp_path: Path, operation_id: str, arguments: dict[str, Any]
) -> None:
    file = tmp_path / "tools.lock.json"
    file.write_text(locked_text(SIBLINGS, {operation_id: "locked"}), encoding="utf-8")
    (tool,) = ToolRegistry.from_openapi(SIBLINGS, lock=file)
    assert chain.call(tool, arguments).requests == []
