"""Declaring tools for operations: nothing that is not named, in one list with those written by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.mcp.openapi.orders_api import orders_api


def list_orders(call: ToolCall) -> ToolAnswer:
    """List orders, by hand."""
    return ToolAnswer({})


BY_HAND = ToolRegistry([Tool(list_orders)])


def names(registry: ToolRegistry) -> list[str]:
    return [tool.name for tool in registry]


def test_only_named_operations_become_tools_in_the_order_of_their_naming() -> None:
    registry = ToolRegistry.from_openapi(orders_api(), operations=["orders_cancel_create", "orders_list"])
    assert names(registry) == ["cancel_order", "list_orders"]


def test_a_document_may_be_a_mapping_a_function_or_a_file_in_json_or_yaml(tmp_path: Path) -> None:
    (in_json := tmp_path / "api.json").write_text(json.dumps(orders_api()))
    (in_yaml := tmp_path / "api.yaml").write_text("# comment\nopenapi: 3.0.3\npaths:\n  /a/:\n    get:\n" + YAML)
    assert names(ToolRegistry.from_openapi(orders_api, operations=["orders_list"])) == ["list_orders"]
    assert names(ToolRegistry.from_openapi(in_json, operations=["orders_list"])) == ["list_orders"]
    assert names(ToolRegistry.from_openapi(in_yaml, operations=["things_list"])) == ["things_list"]


YAML = "      operationId: things_list\n      security: [{login: [things]}]\n      responses: {200: {description: d}}\n"


def test_the_second_registry_replaces_tools_of_the_first() -> None:
    generated = ToolRegistry.from_openapi(orders_api(), operations=["orders_list", "orders_create"])
    by_hand_wins, generated_wins = generated | BY_HAND, BY_HAND | generated
    assert names(by_hand_wins) == names(generated_wins) == ["list_orders", "create_order"]
    assert [tool.origin for tool in by_hand_wins] == ["", "POST /api/orders/"]
    assert [tool.origin for tool in generated_wins] == ["GET /api/orders/", "POST /api/orders/"]


def test_names_and_scopes_can_be_given_and_the_api_keeps_its_own_scopes() -> None:
    registry = ToolRegistry.from_openapi(
        orders_api(), ["orders_create"], names={"orders_create": "order_something"}, scopes=["orders"]
    )
    (tool,) = registry
    assert (tool.name, tool.scopes, tool.downstream_scopes) == ("order_something", ("orders",), ("orders:write",))


def test_what_the_api_says_in_x_mcp_is_taken() -> None:
    document = orders_api()
    document["paths"]["/api/orders/"]["post"]["x-mcp"] = {
        "name": "buy",
        "title": "Buy it",
        "description": "Order one item of the shop.",
        "scopes": ["shopping"],
        "arguments": [],
        "destructive": False,
    }
    (tool,) = ToolRegistry.from_openapi(document, ["orders_create"])
    assert (tool.name, tool.title, tool.description) == ("buy", "Buy it", "Order one item of the shop.")
    assert (tool.scopes, tool.downstream_scopes) == (("shopping",), ("orders:write",))
    assert list(tool.input_schema["properties"]) == ["item"]  # `quantity` is not offered
    assert not tool.destructive


MISTAKES: dict[str, tuple[Mapping[str, Any], str]] = {
    "unknown": ({"operations": ["orders_lost"]}, "The operation orders_lost cannot be a tool: the API has no"),
    "twice": ({"operations": ["orders_list", "orders_list"]}, "an operation is named twice"),
    "a text": ({"operations": "orders_list"}, "operations must be a list of names"),
    "scopes as text": ({"operations": ["orders_list"], "scopes": "orders"}, "scopes must be a list of names"),
    "names of others": ({"operations": ["orders_list"], "names": {"orders_lost": "x"}}, "`names` names orders_lost"),
    "two of one name": (
        {"operations": ["orders_list", "orders_create"], "names": {"orders_list": "x", "orders_create": "x"}},
        "orders_create is called x as well",
    ),
    "neither": ({}, "needs `operations`, or a `lock` file"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_wrong_declaration_is_one_sentence(case: str) -> None:
    given, words = MISTAKES[case]
    with pytest.raises(ImproperlyConfigured) as error:
        list(ToolRegistry.from_openapi(orders_api(), **given))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


LACKS: dict[str, tuple[Any, str]] = {
    "no security": ({"security": []}, "it names no scope"),
    "a session only": ({"security": [{"cookie": []}]}, "it names no scope"),
    "x-mcp: false": ({"x-mcp": False}, "the API says x-mcp: false"),
    "a file": (
        {"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}},
        "it takes a file, which a model cannot send",
    ),
    "a file among JSON": (
        {
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["scan"],
                            "properties": {"scan": {"type": "string", "format": "binary"}},
                        }
                    }
                }
            }
        },
        "it takes a file (scan)",
    ),
    "a password": (
        {
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"secret": {"type": "string", "format": "password"}},
                        }
                    }
                }
            }
        },
        "it asks for a password (secret)",
    ),
    "a header": (
        {"parameters": [{"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}]},
        "it requires the header If-Match",
    ),
    "another document": (
        {"requestBody": {"content": {"application/json": {"schema": {"$ref": "https://evil.example/x.json"}}}}},
        "it refers to another document",
    ),
    "a dead reference": (
        {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/None"}}}}},
        "which the document does not contain",
    ),
}


@pytest.mark.parametrize("case", LACKS)
def test_an_operation_that_cannot_be_a_tool_says_why(case: str) -> None:
    changes, words = LACKS[case]
    document = orders_api()
    document["paths"]["/api/orders/"]["post"].update(changes)
    with pytest.raises(ImproperlyConfigured, match="The operation orders_create cannot be a tool: ") as error:
        list(ToolRegistry.from_openapi(document, ["orders_create"]))
    assert words in str(error.value)


@pytest.mark.parametrize("content", ["", "[1", "{}", '{"openapi": "2.0"}', "a: [", "\x00"])
def test_what_is_not_a_description_is_one_sentence(content: str, tmp_path: Path) -> None:
    (file := tmp_path / "api.json").write_text(content)
    with pytest.raises(ImproperlyConfigured, match=r"api\.json"):
        list(ToolRegistry.from_openapi(file, ["orders_list"]))


@pytest.mark.parametrize("source", ["schema", "openapi.yaml", "shop.example/schema", ""])
def test_a_source_that_leads_nowhere_is_refused_at_once(source: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"name the API's path .*, a URL or a pathlib\.Path"):
        ToolRegistry.from_openapi(source, ["orders_list"])


@pytest.mark.parametrize("document", [{}, {"openapi": "2.0", "paths": {}}, {"openapi": "3.1.0"}])
def test_a_document_that_is_not_openapi_3_is_one_sentence(document: dict[str, Any]) -> None:
    for source in (document, lambda: document):
        with pytest.raises(ImproperlyConfigured, match="is not an OpenAPI 3 document"):
            list(ToolRegistry.from_openapi(source, ["orders_list"]))


def test_a_registry_is_not_united_with_anything_else() -> None:
    with pytest.raises(TypeError):
        _ = BY_HAND | [1]  # type: ignore[operator]


def test_an_argument_that_x_mcp_misspells_is_named() -> None:
    document = orders_api()
    document["paths"]["/api/orders/"]["post"]["x-mcp"] = {"arguments": ["quantty"]}
    with pytest.raises(ImproperlyConfigured, match="x-mcp offers the argument quantty, which it does not have"):
        list(ToolRegistry.from_openapi(document, ["orders_create"]))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"cannot be read: .*No such file"):
        list(ToolRegistry.from_openapi(tmp_path / "api.json", ["orders_list"]))
