"""The reader of requests notices what no description allows, and reads what RFC 6570 writes."""

from dataclasses import replace
from typing import Any

import pytest
import uritemplate

from tests.on_behalf_of.mcp.openapi.described_operation import DescribedOperation, Description
from tests.on_behalf_of.mcp.openapi.made_documents import BODIES, NAMES, PATHS, STYLES
from tests.on_behalf_of.mcp.openapi.raw_api import RawRequest
from tests.on_behalf_of.mcp.openapi.wire import said

HOST = "api.example"
HEADERS = (("Host", HOST), ("Accept", "application/json"), ("Authorization", "Bearer abc"), ("Content-Length", "0"))
GET_ORDER = RawRequest("GET", "/orders/7", HEADERS, b"")
JSON = (*HEADERS, ("Content-Type", "application/json"))
CLASH = RawRequest("PUT", "/clash/p?name=q", JSON, b'{"name": "b"}')


def described(document: dict[str, Any], operation_id: str) -> DescribedOperation:
    return Description(document).operation(operation_id)


def strangers(document: dict[str, Any], operation_id: str, request: RawRequest, base_path: str = "") -> list[str]:
    return said(described(document, operation_id), request, host=HOST, base_path=base_path).strangers


def test_a_described_request_is_read_by_place_and_name() -> None:
    found = said(described(NAMES, "clash"), CLASH, host=HOST)
    assert (found.path, found.query, found.body) == ({"name": "p"}, {"name": "q"}, ({"name": "b"},))
    assert found.strangers == []


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"target": "/orders/7/"},
        {"target": "/orders/7%2F8"},
        {"target": "/orders/.."},
        {"target": "/orders/%2e%2e"},
        {"target": "/orders/"},
        {"target": "//orders/7"},
        {"target": "/orders/7:cancel"},
        {"target": "/orders/%FF"},
        {"target": "/orders/7\u00e9"},
        {"target": "http://elsewhere.example/orders/7"},
        {"target": "/orders/7?x=1"},
        {"target": "/orders/7#a"},
        {"target": "/orders/7%"},
        {"headers": (*HEADERS, ("X-Evil", "1"))},
        {"headers": (*HEADERS, ("Host", HOST))},
        {"headers": (("Host", "elsewhere.example"), *HEADERS[1:])},
        {"body": b"{}"},
        {"surplus": b"GET /evil HTTP/1.1"},
    ],
    ids=str,
)
def test_what_is_not_described_is_reported(changes: dict[str, Any]) -> None:
    assert strangers(PATHS, "order", GET_ORDER) == []
    assert strangers(PATHS, "order", replace(GET_ORDER, **changes)) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "/clash/p?name=q&name=r"},
        {"body": b'{"name": "b", "more": 1}'},
        {"body": b'{"name": "b", "name": "c"}'},
        {"body": b'{"name": NaN}'},
        {"body": b"name=b"},
        {"headers": (*HEADERS, ("Content-Type", "application/x-www-form-urlencoded"))},
    ],
    ids=str,
)
def test_a_body_or_query_of_another_form_is_reported(changes: dict[str, Any]) -> None:
    assert strangers(NAMES, "clash", CLASH) == []
    assert strangers(NAMES, "clash", replace(CLASH, **changes)) != []


@pytest.mark.parametrize(
    ("operation_id", "target"),
    [
        ("whole_file", "/files/latest"),
        ("whole_file", "/files/a.b"),
        ("part", "/items/special/parts/1"),
        ("file", "/files/a.b.c"),
        ("glued", "/glued/x12"),
    ],
)
def test_a_path_that_another_template_matches_better_or_that_reads_in_two_ways_is_reported(
    operation_id: str, target: str
) -> None:
    assert strangers(PATHS, operation_id, replace(GET_ORDER, target=target)) != []


def test_a_path_outside_of_the_base_url_is_reported() -> None:
    assert strangers(PATHS, "order", replace(GET_ORDER, target="/prefix/orders/7"), "/prefix") == []
    assert strangers(PATHS, "order", GET_ORDER, "/prefix") != []


@pytest.mark.parametrize(
    ("operation_id", "template", "value"),
    [
        ("repeated", "/repeated{?r*}", ["a b", "", "c&d=e", "\u00e9"]),
        ("commas", "/commas{?c}", ["1", "2"]),
        ("form_object", "/form-object{?f*}", {"low": "1", "name": "x y"}),
        ("form_object_joined", "/form-object-joined{?f}", {"low": "1", "name": "x"}),
        ("reserved", "/reserved{?r}", "a/b?c=d&e+f%"),
    ],
)
def test_what_rfc_6570_expands_is_read_back(operation_id: str, template: str, value: Any) -> None:
    name = template.partition("?")[2].rstrip("*}")
    target = uritemplate.expand(template, {name: value})
    found = said(described(STYLES, operation_id), replace(GET_ORDER, target=target), host=HOST)
    assert found.strangers == []
    numbers = {
        "commas": [1, 2],
        "form_object": {"low": 1, "name": "x y"},
        "form_object_joined": {"low": 1, "name": "x"},
    }
    assert found.query == {name: numbers.get(operation_id, value)}


def test_an_operation_without_a_body_reads_none() -> None:
    request = RawRequest("POST", "/optional", HEADERS, b"")
    assert said(described(BODIES, "optional_body"), request, host=HOST).body == ()
