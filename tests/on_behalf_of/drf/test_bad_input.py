"""Malformed bodies and headers get the right status and a readable sentence, and never a traceback."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from rest_framework.test import APIClient

from downstream_api.models import Note
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer


@pytest.fixture
def writer(issuer: Issuer) -> dict[str, Any]:
    return bearer(issuer.token(scope="read:private write:private"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"title": NaN}',
        b'{"title": "a", "title": "b"}',
        b'{"title": "\\ud800"}',
        b'{"title": "a\\u0000b"}',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"title": ' + b"9" * 5_000 + b"}",
        json.dumps({"title": "x" * 201}).encode(),
        json.dumps({"title": "x", "body": "x" * 10_001}).encode(),
        json.dumps({"title": {"a": 1}}).encode(),
        json.dumps({"body": "no title"}).encode(),
    ],
)
def test_a_malformed_body_is_a_bad_request(api: APIClient, writer: dict[str, Any], body: bytes) -> None:
    answer = api.post("/api/notes/", body, content_type="application/json", **writer)
    assert answer.status_code == 400
    assert isinstance(answer.json(), dict)
    assert not Note.objects.exists()


def test_a_body_over_one_megabyte_is_refused(api: APIClient, writer: dict[str, Any]) -> None:
    answer = api.post(
        "/api/notes/", b'{"title": "' + b"x" * 1_100_000 + b'"}', content_type="application/json", **writer
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "junk"])
def test_an_unsupported_content_type_is_refused_with_415(
    api: APIClient, writer: dict[str, Any], content_type: str
) -> None:
    answer = api.post("/api/notes/", b"title=x", content_type=content_type, **writer)
    assert answer.status_code in {400, 415}
    assert not Note.objects.exists()


def test_the_token_is_checked_before_the_body(api: APIClient) -> None:
    assert api.post("/api/notes/", b"{", content_type="application/json").status_code == 401


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_an_unsupported_method_is_refused_with_405(api: APIClient, writer: dict[str, Any], method: str) -> None:
    assert api.generic(method.upper(), "/api/private-scope", **writer).status_code in {403, 405}


def test_an_unknown_route_is_a_readable_404(api: APIClient) -> None:
    answer = api.get("/api/nothing-here")
    assert answer.status_code == 404
    assert b"Traceback" not in answer.content


texts = st.text(max_size=300)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=values, body=values)
def test_any_json_makes_a_note_or_a_readable_refusal(
    api: APIClient, writer: dict[str, Any], title: object, body: object
) -> None:
    answer = api.post(
        "/api/notes/", json.dumps({"title": title, "body": body}), content_type="application/json", **writer
    )
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        stored = api.get(f"/api/notes/{answer.json()['id']}/", **writer).json()
        assert stored == answer.json()
