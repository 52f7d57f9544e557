"""All reasons that the API gives reach the tool's answer, bounded and cleaned."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.http_client.http_client import UpstreamResponse
from on_behalf_of.mcp.api.reasons import reasons
from on_behalf_of.mcp.api.refusal import refusal
from tests.loopback_server import Reply
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio

PROBLEM = {"Content-Type": "application/problem+json"}
BODIES: dict[str, tuple[Any, str]] = {
    "a sentence": ({"detail": "Too long."}, "Too long"),
    "two of one field": ({"title": ["Too long.", "Not one line."]}, "title: Too long; title: Not one line"),
    "seven fields": (
        {f"field{number}": ["Bad."] for number in range(7)},
        "; ".join(f"field{number}: Bad" for number in range(7)),
    ),
    "of the whole and of a field": (
        {"non_field_errors": ["They differ."], "title": ["Too long."]},
        "They differ; title: Too long",
    ),
    "a sentence and fields": ({"detail": "Not valid.", "title": ["Too long."]}, "Not valid; title: Too long"),
    "a list": (["Too long.", "Too dull."], "Too long; Too dull"),
    "a text": ("Too long.", "Too long"),
    "a nested serializer": (
        {"address": {"street": ["Missing."], "non_field_errors": ["Unknown."]}},
        "address.street: Missing; address: Unknown",
    ),
    "a list of serializers": (
        {"items": [{}, {"count": ["Too many."], "name": ["Taken."]}]},
        "items.1.count: Too many; items.1.name: Taken",
    ),
    "a field called code": ({"code": ["Wrong."], "type": ["Unknown."]}, "code: Wrong; type: Unknown"),
    "a field called message": ({"message": ["Too long."]}, "message: Too long"),
    "codes beside a sentence": (
        {"detail": "Not yours.", "error": "insufficient_scope", "reason": "insufficient_scope", "scope": "a"},
        "Not yours",
    ),
    "a code alone": ({"error": "quota_exceeded"}, "error: quota_exceeded"),
    "OAuth's": ({"error": "invalid_request", "error_description": "Twice."}, "Twice"),
    "another framework's": ({"message": "No.", "code": "x"}, "No"),
    "one that says where": (
        {"type": "validation_error", "errors": [{"code": "required", "detail": "Is missing.", "attr": "title"}]},
        "title: Is missing",
    ),
    "FastAPI's": (
        {"detail": [{"loc": ["body", "title"], "msg": "Field required", "type": "missing"}]},
        "body.title: Field required",
    ),
    "the same twice": ({"detail": "No.", "non_field_errors": ["No."]}, "No"),
    "numbers and null": ({"detail": None, "count": 5, "title": [None, "Bad."]}, "title: Bad"),
    "nothing": ({}, ""),
}


def answered(body: Any, status: int = 400, headers: dict[str, str] | None = None) -> UpstreamResponse:
    return UpstreamResponse(status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize("case", BODIES)
def test_every_reason_in_a_body_is_reported(case: str) -> None:
    body, words = BODIES[case]
    told = reasons(answered(body))
    assert sorted(told.split("; ")) == sorted(words.split("; "))


def test_problem_details_are_understood() -> None:
    """RFC 9457 §3, with the extension member of its example."""
    body = {
        "type": "https://example.net/validation-error",
        "title": "Your request is not valid.",
        "status": 422,
        "detail": "Two members are wrong.",
        "instance": "/notes/1",
        "errors": [
            {"detail": "must be a positive integer", "pointer": "#/age"},
            {"detail": "must be 'green' or 'red'", "pointer": "#/profile/color"},
        ],
    }
    assert reasons(answered(body, headers=PROBLEM)) == (
        "Two members are wrong; Your request is not valid; age: must be a positive integer; "
        "profile.color: must be 'green' or 'red'"
    )


STATUSES: dict[int, str] = {
    400: "The API did not accept the input: title: Too long; body: Bad.",
    401: "The API did not accept the token that the tenant issued for it: title: Too long; body: Bad.",
    403: "The API refused the operation: title: Too long; body: Bad.",
    404: "The API did not find what was asked for: title: Too long; body: Bad.",
    405: "The API did not accept the input (405): title: Too long; body: Bad.",
    408: "The API cannot answer now: it failed (408): title: Too long; body: Bad. Try again",
    409: "The API did not accept the input (409): title: Too long; body: Bad.",
    410: "The API did not find what was asked for: title: Too long; body: Bad.",
    412: "The API did not accept the input (412): title: Too long; body: Bad.",
    413: "The API did not accept the input (413): title: Too long; body: Bad.",
    415: "The API did not accept the input (415): title: Too long; body: Bad.",
    422: "The API did not accept the input: title: Too long; body: Bad.",
    429: "The API cannot answer now: it allows no more calls at the moment (429): title: Too long; body: Bad. Try",
    500: "The API cannot answer now: it failed (500): title: Too long; body: Bad. Try again",
    503: "The API cannot answer now: it failed (503): title: Too long; body: Bad. Try again",
}


@pytest.mark.parametrize("status", STATUSES)
async def test_at_any_status_all_reasons_reach_the_tools_answer(
    bridge: RunningBridge, api: FakeApi, status: int
) -> None:
    api.reply = Reply(status, b'{"title":["Too long."],"body":["Bad."]}')
    async with bridge:
        text = await bridge.error_text("add_note", title="x")
    assert text.startswith(STATUSES[status])


async def test_a_page_or_a_traceback_is_not_repeated(bridge: RunningBridge, api: FakeApi) -> None:
    api.reply = Reply(500, b"<html><h1>OperationalError at /api/notes/</h1>", {"Content-Type": "text/html"})
    async with bridge:
        text = await bridge.error_text("add_note", title="x")
    assert text == "The API cannot answer now: it failed (500). Try again in a moment."


def test_tokens_and_control_characters_are_left_out() -> None:
    secret = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
    told = reasons(answered({"title": [f"You sent {secret}", "\x1b[31mred\u202e\nline\x00"], secret: ["Bad."]}))
    assert secret not in told
    assert told.startswith("title: You sent [removed]; title: [31mred line; ")


def test_an_endless_body_is_bounded() -> None:
    told = reasons(answered({f"{number} " * 50: ["many words " * 1_000, "and more"] for number in range(500)}))
    assert len(told) < 20 * 400
    assert told.endswith("; and more")
    assert reasons(answered(b'{"a":' * 100_000)) == ""
    assert reasons(answered(b'{"a":' * 400 + b'"deep"' + b"}" * 400)) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["detail", "title", "errors", "pointer", "loc", "code"]) | st.text(), inner)
    ),
    max_leaves=20,
)


@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(), status=st.integers(300, 599))
def test_any_refusal_becomes_one_readable_line(body: bytes, status: int) -> None:
    for headers in ({}, PROBLEM):
        text = str(refusal(answered(body, status, headers)))
        assert text.isprintable()
        assert len(text) < 10_000
