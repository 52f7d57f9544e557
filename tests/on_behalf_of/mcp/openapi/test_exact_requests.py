"""The API receives exactly the request that its description and the arguments say, or none at all.

`wire` reads what was received and `expected_request` says what should have been, both without the generator's code.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from on_behalf_of.mcp.openapi.description import at_hand
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.mcp.openapi.described_operation import Description
from tests.on_behalf_of.mcp.openapi.exact_call import exact_call, may_be_refused
from tests.on_behalf_of.mcp.openapi.expected_request import Expectations
from tests.on_behalf_of.mcp.openapi.generated_arguments import (
    HOSTILE_VALUES,
    arguments_with_nulls,
    hostile_arguments,
    is_encodable,
    least_arguments,
    valid_arguments,
)
from tests.on_behalf_of.mcp.openapi.lending_process import SCOPES, description
from tests.on_behalf_of.mcp.openapi.made_documents import DOCUMENTS, PATHS, SCOPE
from tests.on_behalf_of.mcp.openapi.odd_documents import ODD
from tests.on_behalf_of.mcp.openapi.tool_chain import ToolChain, tool_chain

LENDING = (
    *("books_list", "books_create", "books_copies_list", "books_copies_create", "books_copies_retrieve"),
    *(
        "books_copies_update",
        "books_copies_partial_update",
        "books_copies_destroy",
        "books_retrieve",
        "books_update",
        "books_partial_update",
        "books_destroy",
    ),
    *("books_reserve_create", "books_reprice_create", "books_search_list", "categories_list", "categories_create"),
    *(
        "categories_retrieve",
        "categories_destroy",
        "isbn_retrieve",
        "loans_list",
        "loans_create",
        "loans_retrieve",
        "loans_renew_create",
    ),
    *("loans_return_create", "loans_overdue_list", "members_list", "members_retrieve", "members_partial_update"),
    *("notices_list", "payments_list", "payments_create", "reservations_destroy", "reviews_list", "reviews_create"),
    *("reviews_retrieve", "reviews_partial_update", "reviews_destroy"),
    *("getShelfMap", "shelves_update", "statistics_retrieve", "stocktakes_create"),
)
REFERENCE = (
    *("notes_list", "notes_create", "notes_retrieve", "notes_update", "notes_partial_update", "notes_destroy"),
    "private_scope_retrieve",
)
ALL = {**DOCUMENTS, "odd": ODD}
MADE = [(name, each) for name, document in ALL.items() for each in Description(document).operation_ids]
# What no request can say, or what the specification leaves open. A sentence says why there is no tool for it.
MAY_BE_LEFT_OUT = frozenset(
    {
        *("list_in_path", "exploded_list_in_path", "object_in_path", "json_in_path", "label", "matrix", "glued"),
        *("nullable_in_path", "deep_lists", "mixed", "list_or_text", "form_map", "thirteen_lists"),
        *("merge_patch", "json_api", "get_body", "path_clash", "file", "between", "elsewhere"),
        *("two_any_of", "at_least_one", "together", "clash_one_of", "text_or_list", "untyped_path"),
    }
)
# Bodies whose members may be arguments, or not, because their alternatives are nested.
MAY_BE_WHOLE = frozenset({"required_only", "one_of_one_of", "two_any_of"})
# The bridge's own arguments.
OWN = frozenset({"fields", "filters", "page"})
# There are hundreds of operations, so that a few examples of each are many calls.
EXAMPLES = settings(max_examples=min(settings().max_examples, 200), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def chain() -> Iterator[ToolChain]:
    with tool_chain([*SCOPES, "read:private", "write:private", SCOPE]) as chain:
        yield chain


def prepared(document: Any, operation_id: str) -> tuple[Tool, Expectations]:
    (tool,) = ToolRegistry.from_openapi(document, [operation_id])
    is_whole = operation_id in MAY_BE_WHOLE and "body" in tool.input_schema["properties"]
    return tool, Expectations(Description(document).operation(operation_id), is_whole)


def prepared_made(name: str, operation_id: str) -> tuple[Tool, Expectations] | None:
    """Return the tool; None if the operation is rightly left out."""
    try:
        return prepared(ALL[name], operation_id)
    except ImproperlyConfigured:
        if operation_id not in MAY_BE_LEFT_OUT:
            raise
        return None


def check_valid(chain: ToolChain, tool: Tool, expectations: Expectations) -> None:
    assert set(tool.input_schema["properties"]) - OWN == set(expectations.places) - OWN

    @EXAMPLES
    @given(arguments=valid_arguments(expectations))
    def sends(arguments: dict[str, Any]) -> None:
        called = exact_call(chain, tool, expectations, arguments)
        if called.requests:
            assert called.error is None
        else:
            assert may_be_refused(expectations, arguments), called.error

    sends()


def check_nulls(chain: ToolChain, tool: Tool, expectations: Expectations) -> None:
    @EXAMPLES
    @given(arguments=arguments_with_nulls(expectations))
    def sends(arguments: dict[str, Any]) -> None:
        called = exact_call(chain, tool, expectations, arguments)
        assert called.requests or may_be_refused(expectations, arguments), called.error

    sends()


def check_hostile(chain: ToolChain, tool: Tool, expectations: Expectations) -> None:
    @EXAMPLES
    @given(arguments=hostile_arguments(expectations).filter(is_encodable))  # the endpoint's parser refuses others
    def sends_or_explains(arguments: dict[str, Any]) -> None:
        exact_call(chain, tool, expectations, arguments)

    sends_or_explains()


@pytest.mark.parametrize("oas", ["3.1.0", "3.0.3"])
@pytest.mark.parametrize("operation_id", LENDING)
def test_lending_library_receives_what_arguments_say(chain: ToolChain, operation_id: str, oas: str) -> None:
    check_valid(chain, *prepared(description(oas), operation_id))


@pytest.mark.parametrize("oas", ["3.1.0", "3.0.3"])
@pytest.mark.parametrize("operation_id", LENDING)
def test_lending_library_is_safe_from_hostile_arguments(chain: ToolChain, operation_id: str, oas: str) -> None:
    check_hostile(chain, *prepared(description(oas), operation_id))


@pytest.mark.parametrize("oas", ["3.1.0", "3.0.3"])
@pytest.mark.parametrize("operation_id", [each for each in LENDING if each.endswith(("create", "update"))])
def test_lending_library_takes_null_as_absent(chain: ToolChain, operation_id: str, oas: str) -> None:
    check_nulls(chain, *prepared(description(oas), operation_id))


@pytest.mark.parametrize("oas", ["3.1.0", "3.0.3"])
def test_every_callable_operation_of_the_lending_library_is_tested(oas: str) -> None:
    assert callable_operations(description(oas)) == set(LENDING)


@pytest.mark.parametrize("operation_id", REFERENCE)
def test_reference_receives_what_arguments_say(chain: ToolChain, operation_id: str) -> None:
    check_valid(chain, *prepared(at_hand("/openapi.json"), operation_id))


@pytest.mark.parametrize("operation_id", REFERENCE)
def test_reference_is_safe_from_hostile_arguments(chain: ToolChain, operation_id: str) -> None:
    check_hostile(chain, *prepared(at_hand("/openapi.json"), operation_id))


def test_every_callable_operation_of_the_reference_is_tested() -> None:
    assert callable_operations(at_hand("/openapi.json")) == set(REFERENCE)


@pytest.mark.parametrize(("name", "operation_id"), MADE)
def test_other_shapes_are_sent_as_arguments_say(chain: ToolChain, name: str, operation_id: str) -> None:
    if made := prepared_made(name, operation_id):
        check_valid(chain, *made)


@pytest.mark.parametrize(("name", "operation_id"), MADE)
def test_other_shapes_are_safe_from_hostile_arguments(chain: ToolChain, name: str, operation_id: str) -> None:
    if made := prepared_made(name, operation_id):
        check_hostile(chain, *made)


@pytest.mark.parametrize(
    ("name", "operation_id"), [each for each in MADE if each[0] in {"bodies", "old", "references", "odd"}]
)
def test_null_counts_as_absent_unless_the_description_allows_it(chain: ToolChain, name: str, operation_id: str) -> None:
    if made := prepared_made(name, operation_id):
        check_nulls(chain, *made)


def check_every_hostile_value(chain: ToolChain, tool: Tool, expectations: Expectations, *, kinds: set[str]) -> None:
    usual = least_arguments(expectations)
    for name, (kind, _) in expectations.places.items():
        for value in HOSTILE_VALUES if kind in kinds else ():
            if is_encodable(value):
                exact_call(chain, tool, expectations, {**usual, name: value})


@pytest.mark.parametrize("operation_id", LENDING)
def test_no_value_leads_elsewhere_in_the_lending_library(chain: ToolChain, operation_id: str) -> None:
    check_every_hostile_value(chain, *prepared(description(), operation_id), kinds={"path"})


@pytest.mark.parametrize(("name", "operation_id"), [each for each in MADE if each[0] in {"paths", "styles", "names"}])
def test_no_value_leads_elsewhere_by_other_shapes(chain: ToolChain, name: str, operation_id: str) -> None:
    if made := prepared_made(name, operation_id):
        check_every_hostile_value(chain, *made, kinds={"path", "query"})


@pytest.mark.parametrize("base_path", ["/prefix", "/a%20b/v1.0"])
@EXAMPLES
@given(data=st.data())
def test_a_path_of_the_base_url_stays_before_every_address(
    chain: ToolChain, base_path: str, data: st.DataObject
) -> None:
    operation_id = data.draw(st.sampled_from(["latest_file", "user_posts", "cafe", "cancel_order", "with_slash"]))
    tool, expectations = prepared(PATHS, operation_id)
    arguments = data.draw(hostile_arguments(expectations).filter(is_encodable))
    exact_call(chain, tool, expectations, arguments, base_path=base_path)


def callable_operations(document: Any) -> set[str]:
    found = set()
    for operation_id in Description(document).operation_ids:
        try:
            list(ToolRegistry.from_openapi(document, [operation_id]))
        except ImproperlyConfigured:
            continue
        found.add(operation_id)
    return found
