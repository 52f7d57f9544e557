"""What becomes of an API that was not written for this library: names, arguments, texts, size, and what stays out."""

import unicodedata
from functools import cache
from typing import Any

import pytest

from on_behalf_of.mcp.json_schema import check_schemas, first_violation
from on_behalf_of.mcp.openapi.arguments import arguments_of
from on_behalf_of.mcp.openapi.operation import raw_operations, read_operation
from on_behalf_of.mcp.openapi.request import request_of
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_error import InvalidArguments
from tests.on_behalf_of.mcp.openapi.lending_process import description
from tests.on_behalf_of.mcp.openapi.measure import Measured, measured, tokens
from tests.on_behalf_of.mcp.openapi.own_api import own_description

VERSIONS = ["3.1.0", "3.0.3"]
MOST_TOKENS = 5_000  # of a list of fifty tools
FIFTY = 50


@cache
def library(oas: str = "3.1.0") -> Measured:
    return measured(description(oas))


def tool(operation: str, oas: str = "3.1.0") -> Tool:
    return library(oas).tools[operation]


def argument(operation: str, name: str) -> Any:
    return tool(operation).input_schema["properties"][name]


NAMES = {
    "books_list": "list_books",
    "books_create": "create_book",
    "books_retrieve": "get_book",
    "books_update": "replace_book",
    "books_partial_update": "update_book",
    "books_destroy": "delete_book",
    "books_reserve_create": "reserve_book",
    "books_reprice_create": "reprice_books",
    "books_search_list": "search_books",
    "books_copies_list": "list_book_copies",
    "books_copies_create": "create_book_copy",
    "categories_create": "create_category",
    "loans_overdue_list": "list_overdue_loans",
    "loans_return_create": "return_loan",
    "shelves_update": "replace_shelf",
    "getShelfMap": "get_shelf_map",
}


@pytest.mark.parametrize("operation", NAMES)
def test_tools_have_the_names_that_people_would_give(operation: str) -> None:
    assert tool(operation).name == NAMES[operation]


LEFT_OUT = {
    "books_cover_retrieve": "answers with a file",
    "books_cover_update": "takes a file",
    "members_export_retrieve": "not JSON",
    "newsletter_create": "its body is application/x-www-form-urlencoded",
    "statistics_formatted_retrieve": "its address chooses the content type",
    "transfers_create": "requires the header Idempotency-Key",
}


@pytest.mark.parametrize("oas", VERSIONS)
def test_what_stays_out_is_named_with_its_reason(oas: str) -> None:
    found = library(oas)
    assert found.left_out.keys() == LEFT_OUT.keys()
    for operation, words in LEFT_OUT.items():
        assert words in found.left_out[operation]


@pytest.mark.parametrize("oas", VERSIONS)
def test_operations_without_a_scope_are_refused(oas: str) -> None:
    found = measured(description(oas), supply_scopes=False)
    reasons = {operation for operation, why in found.left_out.items() if "names no scope" in why}
    assert reasons == {"opening_hours_list", "me_retrieve", "schema_retrieve"}


@pytest.mark.parametrize("oas", VERSIONS)
def test_no_vendor_refuses_any_tool_and_every_schema_is_valid(oas: str) -> None:
    found = library(oas)
    assert found.refused == {}
    check_schemas(found.tools.values())
    assert len({each.name for each in found.tools.values()}) == len(found.tools)


def test_scopes_come_from_the_operation() -> None:
    assert tool("loans_list").downstream_scopes == tool("loans_list").scopes == ("loans:read",)
    assert tool("loans_renew_create").downstream_scopes == ("loans:write",)


def test_equal_names_are_told_apart_and_the_path_keeps_its_name() -> None:
    assert set(tool("shelves_update").input_schema["properties"]) == {"name", "query_name", "body_name", "capacity"}


def test_names_that_models_do_not_take_are_respelled() -> None:
    assert {"title_contains", "created_after"} <= set(tool("reviews_list").input_schema["properties"])


def test_headers_and_the_format_parameter_are_never_arguments() -> None:
    names = {name for each in library().tools.values() for name in each.input_schema["properties"]}
    assert "format" not in names
    assert not {name for name in names if "accept" in name.lower() or "header" in name.lower()}


def test_many_filters_become_one_argument() -> None:
    assert set(tool("books_list").input_schema["properties"]) == {"page", "page_size", "filters", "fields"}
    assert "price__gt/gte/lt/lte" in argument("books_list", "filters")["description"]


def test_a_nullable_choice_with_a_blank_is_one_list_of_words() -> None:
    assert argument("books_create", "language") == {"type": "string", "enum": ["en", "fr", "el"]}
    change = argument("books_partial_update", "language")
    assert change["anyOf"][-1] == {"type": "null"}  # in a change, null empties a member


@pytest.mark.parametrize("oas", VERSIONS)
def test_the_original_still_judges_what_the_list_leaves_out(oas: str) -> None:
    """Blank and null are in the original though not in the list; the bound of a price is too."""
    judge = tool("books_create", oas).judged_by or {}
    book = {"title": "Emma", "isbn": "9780141439587", "price": "9.90"}
    for good in (
        {},
        {"language": ""},
        {"language": None},
        {"attributes": {"any": "name"}},
        {"extra": [1, {"a": None}]},
    ):
        assert first_violation(judge, book | good) is None, good
    for bad in ({"language": "xx"}, {"price": "free"}, {"edition": -1}, {"title": "x" * 1_000}, {"unknown": 1}):
        assert first_violation(judge, book | bad), bad


def test_read_only_members_are_no_arguments() -> None:
    assert not {"id", "reference", "added", "state"} & set(tool("books_create").input_schema["properties"])


def test_json_that_models_cannot_be_shown_is_given_as_text() -> None:
    create = tool("books_create")
    assert argument("books_create", "attributes")["type"] == "string"
    assert create.read is not None
    given = {"attributes": '{"cover": "hard"}', "extra": '[1, {"a": 2}]', "title": '{"not": "json"}'}
    assert create.read(given) == {
        "attributes": {"cover": "hard"},
        "extra": [1, {"a": 2}],
        "title": '{"not": "json"}',  # a text by its schema
    }
    assert create.read({"attributes": "{broken", "edition": "5"}) == {"attributes": "{broken", "edition": "5"}


def test_alternatives_of_a_body_are_united_and_the_original_judges_the_choice() -> None:
    payment = tool("payments_create")
    assert payment.input_schema["required"] == ["kind", "amount"]
    document = description()
    (found,) = (each for each in raw_operations(document) if each[0] == "payments_create")
    arguments = arguments_of(read_operation(document, *found))
    assert request_of(arguments, {"kind": "card", "amount": "1.00", "last_digits": "1234"}).body
    with pytest.raises(InvalidArguments):  # a card needs its digits
        request_of(arguments, {"kind": "card", "amount": "1.00"})


def test_texts_contain_nothing_that_people_do_not_see() -> None:
    for each in library().tools.values():
        texts = [each.description, *map(str, each.input_schema["properties"].values())]
        assert not [text for text in texts if any(unicodedata.category(letter)[0] == "C" for letter in text)]
    assert tool("notices_list").description.startswith("List the notices.")


def test_a_long_description_is_cut_at_a_sentence() -> None:
    assert tool("stocktakes_create").description.endswith("Report a counted shelf.")


def test_hints_follow_the_method() -> None:
    assert tool("books_list").hints == {"readOnlyHint": True}
    assert tool("books_create").hints == {}  # what clients assume of any tool
    assert tool("books_update").hints == {"idempotentHint": True}
    assert tool("books_destroy").hints == {"idempotentHint": True}
    assert tool("books_destroy").destructive


def test_lists_promise_one_page_the_count_and_the_next_one() -> None:
    promised = {name: tool(name).output_schema["properties"] for name in ("books_list", "reviews_list", "members_list")}
    assert set(promised["books_list"]) == {"items", "count", "next_page"}
    assert set(promised["reviews_list"]) == {"items", "count", "next_offset"}
    assert set(promised["members_list"]) == {"items", "count", "next_cursor"}


@pytest.mark.node
@pytest.mark.parametrize("oas", VERSIONS)
def test_a_list_of_fifty_tools_costs_less_than_five_thousand_tokens(oas: str) -> None:
    """The reference's operations and the library's, with their output schemas."""
    tools = [*measured(own_description()).tools.values(), *library(oas).tools.values()]
    assert len(tools) >= FIFTY
    assert tokens(tools[:FIFTY]) < MOST_TOKENS
