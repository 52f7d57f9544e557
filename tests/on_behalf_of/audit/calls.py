"""Calls to the API, as fixtures, and what a call that cannot be recorded looks like."""

from collections.abc import Callable

import pytest
from rest_framework.response import Response
from rest_framework.test import APIClient

from tests.issuer import Issuer

Call = Callable[[], Response]


@pytest.fixture
def read(api: APIClient, issuer: Issuer) -> Call:
    return reader(api, issuer)


def reader(api: APIClient, issuer: Issuer) -> Call:
    token = issuer.token()
    return lambda: api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.fixture
def write(api: APIClient, issuer: Issuer) -> Call:
    token = issuer.token(scope="read:private write:private")
    return lambda: api.post("/api/notes/", {"title": "x"}, format="json", HTTP_AUTHORIZATION=f"Bearer {token}")


def is_refused(answer: Response) -> bool:
    """Return whether the answer is 503 with Retry-After, without the requested content."""
    assert answer.status_code == 503, answer.content
    assert int(answer.headers["Retry-After"]) >= 1
    assert b"alice" not in answer.content
    return True
