"""Call a tool, and hold what the API received against the description. Used by the tests of exact requests."""

from collections.abc import Mapping
from typing import Any

from on_behalf_of.mcp.tool import Tool
from tests.loopback_server import Reply
from tests.on_behalf_of.mcp.openapi.described_operation import DescribedOperation, Parameter
from tests.on_behalf_of.mcp.openapi.expected_request import Expectations, Impossible, same
from tests.on_behalf_of.mcp.openapi.raw_api import json_reply
from tests.on_behalf_of.mcp.openapi.tool_chain import Called, ToolChain
from tests.on_behalf_of.mcp.openapi.wire import SEPARATORS, said


def plausible_reply(operation: DescribedOperation) -> Reply:
    """Return an empty answer of the described form."""
    schema = operation.answer
    if schema.get("type") == "array":
        return json_reply([])
    if "results" in schema.get("properties", {}):
        return json_reply({"count": 0, "next": None, "previous": None, "results": []})
    return json_reply({})


def exact_call(
    chain: ToolChain, tool: Tool, expectations: Expectations, arguments: Mapping[str, Any], *, base_path: str = ""
) -> Called:
    """Call the tool. Fail unless the API got exactly what the arguments say, or nothing and a sentence tells why."""
    operation = expectations.operation
    chain.api.answer = lambda _: plausible_reply(operation)
    called = chain.call(tool, arguments, base_path=base_path)
    if not called.requests:
        assert called.is_sentence, called.error
        return called
    (request,) = called.requests
    host = chain.api.url.partition("//")[2]
    received, expected = said(operation, request, host=host, base_path=base_path), expectations.said(arguments)
    if expectations.is_whole:
        received.strangers = [each for each in received.strangers if not each.startswith("member ")]
    assert received.strangers == []
    is_optional = operation.body is not None and not operation.body.is_required
    assert same(received, expected, is_body_optional=is_optional), (received, expected)
    assert expectations.are_valid(arguments), "the description does not allow this request"
    return called


def may_be_refused(expectations: Expectations, arguments: Mapping[str, Any]) -> bool:
    """Return whether a call may be refused although the description allows it.

    This concerns values that servers read in two ways, characters in a path that people do not see, and an optional
    body that is left out although it has required members. What no path can carry must be refused: see `fits_path`.
    """
    operation = expectations.operation
    try:
        expectations.said(arguments)
    except Impossible:
        return True
    for name, value in arguments.items():
        place, wire_name = expectations.places.get(name, ("", ""))
        if place == "path" and isinstance(value, str):
            is_hidden = not value.isprintable() or "\\" in value
            if is_hidden or value in {".", ".."}:
                return True
        if place == "body" and not wire_name and value is None:
            return True  # no request has the content null
        if place == "query" and _query_may_be_refused(operation.at("query")[wire_name], value):
            return True
    members = {name for name, place in expectations.places.items() if place[0] == "body"}
    given = {name for name, value in arguments.items() if value is not None}
    return operation.body is not None and not operation.body.is_required and not members & given


def _query_may_be_refused(parameter: Parameter, value: Any) -> bool:
    separator = "" if parameter.explode else SEPARATORS.get(parameter.style, "")
    is_ambiguous = bool(separator) and any(separator in text for text in _texts(value))
    looks_empty = not parameter.explode and value == [""]
    would_not_be_sent = parameter.is_required and value == []
    # The members of an object are parameters of their own, so only a described object may set them.
    is_nameless = isinstance(value, Mapping) and ("" in value or not parameter.schema)
    return is_ambiguous or looks_empty or would_not_be_sent or is_nameless


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    if isinstance(value, Mapping):
        return [each for pair in value.items() for each in pair if isinstance(each, str)]
    return []
