"""What callers get: pages without URLs, chosen members, answers of a bounded length, and the API's own reasons."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from on_behalf_of.mcp.json_schema import first_violation
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.primitives.call_error import Outcome
from tests.loopback_server import Reply
from tests.on_behalf_of.mcp.openapi.answering_api import (
    ARGUMENTS,
    ELSEWHERE,
    FIELDS,
    LISTS,
    PAGED,
    READING,
    WRITING,
    AnsweringApi,
    item,
    written,
)
from tests.on_behalf_of.mcp.openapi.made_documents import SCOPE
from tests.on_behalf_of.mcp.openapi.raw_api import json_reply, raw_api
from tests.on_behalf_of.mcp.openapi.tool_chain import Called, ToolChain, tool_chain

FOLLOWING = {"numbered": "page", "stretches": "offset", "cursors": "cursor", "whole": "page"}
MOST = 40_000  # characters of an answer, unless a project sets another number
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["items", "count", "next", "results", "next_page", "next_cursor", "value", "detail"])
            | TEXT,
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
WORDS = st.from_regex(r"[A-Za-z]{3,10}( [a-z]{2,8}){0,5}", fullmatch=True)
EXAMPLES = settings(max_examples=min(settings().max_examples, 200), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def chain() -> Iterator[ToolChain]:
    with tool_chain([SCOPE]) as chain:
        yield chain


def made(operation_id: str, **options: Any) -> Tool:
    (tool,) = ToolRegistry.from_openapi(LISTS, [operation_id], **options)
    return tool


def called(chain: ToolChain, operation_id: str, reply: Reply | None = None, /, **arguments: Any) -> Called:
    if reply is not None:
        chain.api.answer = lambda _: reply
    return chain.call(made(operation_id), {**ARGUMENTS.get(operation_id, {}), **arguments})


def structured(call: Called) -> dict[str, Any]:
    assert call.answer is not None, call.error
    return dict(call.answer.structured)


# Pages


def all_pages(chain: ToolChain, operation_id: str, api: AnsweringApi, **arguments: Any) -> list[dict[str, Any]]:
    """Return the answers from the first page to the last, following what each says about the next."""
    chain.api.answer = api.respond
    name, pages, following = FOLLOWING[operation_id], list[dict[str, Any]](), dict[str, Any]()
    while True:
        call = called(chain, operation_id, None, **arguments, **following)
        assert call.answer is not None, call.error
        shown = written(call.answer.structured) + call.answer.text
        assert ELSEWHERE not in shown
        assert "://" not in shown
        pages.append(structured(call))
        if (value := pages[-1].get(f"next_{name}")) is None:
            return pages
        assert value != following.get(name)
        following = {name: value}


@pytest.mark.parametrize("operation_id", PAGED)
@EXAMPLES
@given(length=st.integers(0, 130), size=st.integers(1, 20))
def test_pages_together_give_the_list_once(chain: ToolChain, operation_id: str, length: int, size: int) -> None:
    items = [item(number) for number in range(length)]
    pages = all_pages(chain, operation_id, AnsweringApi(items, max(size, length // 20)))
    assert [each for page in pages for each in page["items"]] == items
    assert all(page["items"] for page in pages) or length == 0
    counts = {page.get("count") for page in pages}
    assert counts == ({None} if operation_id == "cursors" else {length})


@EXAMPLES
@given(length=st.integers(1, 40), size=st.integers(1, 50), start=st.integers(1, 5))
def test_the_next_page_follows_the_one_that_was_asked_for(chain: ToolChain, length: int, size: int, start: int) -> None:
    chain.api.answer = AnsweringApi([item(number) for number in range(length)]).respond
    call = called(chain, "numbered", None, page=start, page_size=size)
    if start > 1 and (start - 1) * size >= length:
        assert call.is_sentence
        assert "Invalid page" in str(call.error)
    else:
        assert structured(call).get("next_page") == (start + 1 if start * size < length else None)
    if start <= length:
        stretch = structured(called(chain, "stretches", None, offset=start, limit=size))
        assert stretch.get("next_offset") == (start + size if start + size < length else None)


@pytest.mark.parametrize("operation_id", ["numbered", "whole"])
def test_a_number_of_a_page_may_be_written_as_a_fraction(chain: ToolChain, operation_id: str) -> None:
    """JSON Schema: 2.0 is an integer."""
    chain.api.answer = AnsweringApi([item(number) for number in range(120)], 50).respond
    page = structured(called(chain, operation_id, None, page=2.0))
    assert [each["id"] for each in page["items"]] == list(range(50, 100))
    assert page["next_page"] == 3


def test_a_page_behind_the_last_of_a_whole_list_is_empty(chain: ToolChain) -> None:
    chain.api.answer = AnsweringApi([item(1)]).respond
    for number in (2, 10**30):
        page = structured(called(chain, "whole", None, page=number))
        assert (page["items"], page["count"], page.get("next_page")) == ([], 1, None)
    wrong: tuple[Any, ...] = (0, -1, "1", True, 1.5)
    assert all(called(chain, "whole", None, page=each).is_sentence for each in wrong)


def test_pages_whose_parameter_has_another_name_can_be_asked_for(chain: ToolChain) -> None:
    """Each paginator of DRF can rename its parameters. The answer must not tell of one that the tool lacks."""
    chain.api.answer = AnsweringApi([item(number) for number in range(5)]).respond
    tool = made("other_name")
    first = structured(called(chain, "other_name"))
    assert [each["id"] for each in first["items"]] == [0, 1]
    following = {name.removeprefix("next_"): value for name, value in first.items() if name.startswith("next_")}
    assert set(following) <= set(tool.input_schema["properties"])


@pytest.mark.parametrize("operation_id", ["numbered", "stretches", "cursors"])
@EXAMPLES
@given(link=st.sampled_from([f"{ELSEWHERE}/?page=7&cursor=abc", "", "not a url", "/x?cursor=", 7, True, [], {}]) | TEXT)
def test_the_link_to_the_next_page_is_never_shown_or_asked(chain: ToolChain, operation_id: str, link: Any) -> None:
    body = {"count": 3, "next": link, "previous": f"{ELSEWHERE}/1", "results": [item(1)]}
    call = called(chain, operation_id, json_reply(body))
    assert len(call.requests) == 1
    assert structured(call)["items"] == [item(1)]
    assert ELSEWHERE not in written(structured(call))


# Chosen members


@pytest.mark.parametrize("operation_id", [*PAGED, "one"])
@EXAMPLES
@given(names=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=8))
def test_only_the_chosen_members_are_given(chain: ToolChain, operation_id: str, names: list[str]) -> None:
    reply = json_reply(item(7)) if operation_id == "one" else None
    chain.api.answer = AnsweringApi([item(7)]).respond
    call = called(chain, operation_id, reply, fields=names)
    found = structured(call)
    given = found if operation_id == "one" else found["items"][0]
    assert given == {name: item(7)[name] for name in names}
    assert "fields" not in call.requests[0].target  # it is the bridge's own


@pytest.mark.parametrize("name", ["unknown", "", "id,name", "owner.name", "\u202ename", "a\nb", "x" * 500])
def test_an_unknown_member_is_refused_in_one_printable_sentence(chain: ToolChain, name: str) -> None:
    call = called(chain, "one", json_reply(item(1)), fields=["id", name])
    assert call.requests == []
    assert call.is_sentence, call.error
    assert "owner" in str(call.error)  # one of those that exist


# Length


@pytest.mark.parametrize("operation_id", READING)
def test_a_long_answer_to_a_reading_call_is_a_sentence_that_tells_how_to_ask_for_less(
    chain: ToolChain, operation_id: str
) -> None:
    long = {**item(1), "note": "x" * MOST, "a": "x" * MOST}
    is_page = operation_id in {"numbered", "stretches", "cursors", "other_name"}
    body = [long] if operation_id.startswith("whole") else {"next": None, "results": [long]} if is_page else long
    call = called(chain, operation_id, json_reply(body))
    assert call.is_sentence, call.error
    assert call.error is not None
    assert call.error.reason == "answer_too_long"
    assert "Ask for less" in str(call.error) or "no way to ask for less" in str(call.error)
    assert len(str(call.error)) < 1_000


def test_a_long_whole_list_can_be_read_in_some_way(chain: ToolChain) -> None:
    """The bridge cuts such a list into pages itself, and its items have too few members to choose from."""
    items = [{"a": "x" * 1_000, "b": str(number)} for number in range(60)]
    chain.api.answer = AnsweringApi(items).respond
    found, page = list[Any](), dict[str, Any](next_page=1)
    while "next_page" in page:
        page = structured(called(chain, "whole_short", None, page=page["next_page"]))
        found += page["items"]
    assert found == items


@EXAMPLES
@given(limit=st.integers(200, 5_000), lengths=st.lists(st.integers(0, 3_000), min_size=6, max_size=6))
def test_choosing_as_the_sentence_says_makes_a_long_answer_short(
    chain: ToolChain, limit: int, lengths: list[int]
) -> None:
    body = dict(zip(FIELDS, ("x" * length for length in lengths), strict=True))
    chain.api.answer = lambda _: json_reply(body)
    tool = made("one", most_characters=limit)
    call = chain.call(tool, {"id": 1})
    if len(written(body)) <= limit:
        assert structured(call) == body
    else:
        assert "fields" in str(call.error)
        shortest = min(FIELDS, key=lambda name: len(body[name]))
        chosen = chain.call(tool, {"id": 1, "fields": [shortest]})
        if len(written({shortest: body[shortest]})) <= limit:
            assert structured(chosen) == {shortest: body[shortest]}


@pytest.mark.parametrize("operation_id", WRITING)
@EXAMPLES
@given(lengths=st.dictionaries(TEXT, st.integers(0, 30_000), min_size=1, max_size=8))
def test_a_long_answer_to_a_writing_call_loses_members_and_says_so(
    chain: ToolChain, operation_id: str, lengths: dict[str, int]
) -> None:
    body = {name: "x" * length for name, length in lengths.items()}
    call = called(chain, operation_id, json_reply(body))
    found = structured(call)
    assert call.answer is not None
    assert found.items() <= body.items()
    assert len(written(found)) <= MOST
    assert (found == body) == (len(written(body)) <= MOST)
    if found != body:
        assert call.answer.text.startswith("Done.")
        assert len(call.answer.text) <= MOST


@pytest.mark.parametrize(
    "body",
    [
        {f"{number}": "x" * 20 for number in range(6_000)},
        {f"{number}" * 200: "" for number in range(500)},
        ["x" * 1_000] * 300,
        "x" * 50_000,
        [[["x" * 50_000]]],
    ],
    ids=["many members", "long names", "a list", "a text", "a list of lists"],
)
@pytest.mark.parametrize("operation_id", ["make_map", "make_all"])
def test_any_long_answer_to_a_writing_call_is_short_and_no_failure(
    chain: ToolChain, operation_id: str, body: Any
) -> None:
    """The work is done. Cutting the answer must take about as long as reading it, and what is told is bounded too."""
    call = called(chain, operation_id, json_reply(body))
    assert call.answer is not None, call.error
    assert len(written(call.answer.structured)) <= MOST
    assert call.answer.text.startswith("Done.")
    assert len(call.answer.text) <= 2_000


@pytest.mark.parametrize("operation_id", ["numbered", "one", "whole"])
def test_an_answer_beyond_what_is_read_at_all_tells_how_to_ask_for_less(chain: ToolChain, operation_id: str) -> None:
    call = called(chain, operation_id, json_reply({"next": None, "results": ["x" * 1_100_000]}))
    assert call.is_sentence
    assert "Ask for less" in str(call.error)


def test_a_writing_call_with_an_answer_beyond_what_is_read_at_all_does_not_look_failed(chain: ToolChain) -> None:
    call = called(chain, "change", json_reply({"note": "x" * 1_100_000}))
    assert call.answer is not None or "may have been done" in str(call.error), call.error


# Wrong shapes


def check_shape(chain: ToolChain, operation_id: str, reply: Reply) -> Called:
    """Call, and fail unless the caller gets an answer that fits the tool's output schema, or a sentence."""
    call = called(chain, operation_id, reply)
    assert len(call.requests) == 1
    if call.answer is None:
        assert call.is_sentence, call.error
        assert len(str(call.error)) < 10_000
    else:
        assert first_violation(made(operation_id).output_schema, call.answer.structured) is None
    return call


@pytest.mark.parametrize("operation_id", [*READING, *WRITING])
@EXAMPLES
@given(body=JSON_VALUES, status=st.sampled_from([200, 201, 202]))
def test_an_answer_of_any_form_fits_the_output_schema_or_is_a_sentence(
    chain: ToolChain, operation_id: str, body: Any, status: int
) -> None:
    check_shape(chain, operation_id, json_reply(body, status))


@pytest.mark.parametrize("operation_id", [*READING, *WRITING])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"plain text",
        b"<html><body>Traceback (most recent call last): secret</body></html>",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b'{"a": 1' + b"0" * 5_000 + b"}",
        b'{"count": true, "next": null, "results": []}',
        b'{"count": "3", "next": null, "results": []}',
        b'{"count": 1.5, "next": null, "results": []}',
        b'{"items": "text", "count": "many", "next_page": "soon", "next_offset": [], "next_cursor": 1}',
        b'{"results": null, "next": null}',
        b'{"results": {}, "next": "x"}',
    ],
    ids=range(20),
)
def test_an_answer_of_a_wrong_form_fits_the_output_schema_or_is_a_sentence(
    chain: ToolChain, operation_id: str, body: bytes
) -> None:
    call = check_shape(chain, operation_id, Reply(200, body))
    assert "Traceback" not in str(call.error)
    assert "secret" not in str(call.error)


# Refusals


@pytest.mark.parametrize("operation_id", ["numbered", "one", "change", "whole"])
@EXAMPLES
@given(
    errors=st.dictionaries(
        st.sampled_from(["name", "colour", "size", "non_field_errors", "owner", "items", "detail"]),
        st.lists(WORDS, min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "x"]), st.lists(WORDS, min_size=1, max_size=2)),
        min_size=1,
        max_size=5,
    ),
    status=st.sampled_from([400, 403, 404, 409, 410, 412, 422, 429, 500, 503]),
)
def test_every_reason_of_django_rest_framework_comes_back(
    chain: ToolChain, operation_id: str, errors: dict[str, Any], status: int
) -> None:
    call = called(chain, operation_id, json_reply(errors, status))
    assert len(call.requests) == 1
    assert call.is_sentence, call.error
    for field, found in errors.items():
        for inner, messages in found.items() if isinstance(found, dict) else [("", found)]:
            for message in messages:
                assert message in str(call.error)
            if field not in {"non_field_errors", "detail"}:
                assert (f"{field}.{inner}" if inner else field) in str(call.error)


@EXAMPLES
@given(
    title=WORDS,
    detail=WORDS,
    pointers=st.lists(st.tuples(st.sampled_from(["#/name", "#/owner/name", "#/items/0"]), WORDS), max_size=4),
    status=st.sampled_from([400, 403, 404, 409, 422, 500]),
)
def test_problem_details_come_back_whole(
    chain: ToolChain, title: str, detail: str, pointers: list[tuple[str, str]], status: int
) -> None:
    """RFC 9457 §3."""
    errors = [{"pointer": pointer, "detail": what} for pointer, what in pointers]
    body = {"type": f"{ELSEWHERE}/problem", "title": title, "status": status, "detail": detail, "errors": errors}
    reply = Reply(status, json.dumps(body).encode(), {"Content-Type": "application/problem+json"})
    call = called(chain, "change", reply)
    assert call.is_sentence, call.error
    for words in (title, detail, *(what for _, what in pointers)):
        assert words in str(call.error)
    for pointer, _ in pointers:
        assert pointer.removeprefix("#/").replace("/", ".") in str(call.error)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.TOOL_ERROR),
        (403, Outcome.REFUSED),
        (404, Outcome.TOOL_ERROR),
        (409, Outcome.TOOL_ERROR),
        (422, Outcome.TOOL_ERROR),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<h1>Server Error</h1>", b'"text"', b"[]", b'{"detail": null}', b"null", b"7"])
def test_a_refusal_without_a_reason_is_a_sentence(chain: ToolChain, status: int, outcome: Outcome, body: bytes) -> None:
    call = called(chain, "change", Reply(status, body))
    assert len(call.requests) == 1
    assert call.is_sentence
    assert call.error is not None
    assert call.error.outcome == outcome
    assert "<h1>" not in str(call.error)


# Elsewhere


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation_id", ["numbered", "one", "change", "remove"])
def test_a_redirect_is_not_followed_and_the_token_goes_to_no_other_host(
    chain: ToolChain, operation_id: str, status: int
) -> None:
    with raw_api() as other:
        for location in (f"{other.url}/numbered", f"{chain.api.url}/one/2", "/one/2", f"//{other.url[7:]}/"):
            call = called(chain, operation_id, Reply(status, b"{}", {"Location": location}))
            assert len(call.requests) == 1
            assert call.is_sentence
            assert other.url not in str(call.error)
        assert other.received == []


def test_headers_of_an_answer_change_nothing(chain: ToolChain) -> None:
    with raw_api() as other:
        told = {"Link": f'<{other.url}/2>; rel="next"', "Refresh": f"0; url={other.url}", "Set-Cookie": "a=b"}
        reply = json_reply(item(1), headers={"Location": f"{other.url}/1", "Content-Location": other.url, **told})
        assert structured(called(chain, "one", reply)) == item(1)
        (request,) = called(chain, "one").requests
        assert request.header("Cookie") is None
        assert other.received == []
