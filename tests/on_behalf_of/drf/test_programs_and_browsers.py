"""What is skipped for a program's call, and only for that."""

import pytest
from django.http import HttpRequest
from rest_framework.test import APIClient

from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer


def request_of(answer: object) -> HttpRequest:
    """What the view was given."""
    request: HttpRequest = answer.wsgi_request  # type: ignore[attr-defined] # of Django's test client
    return request


def test_a_call_without_a_cookie_loads_no_session(api: APIClient, issuer: Issuer) -> None:
    answer = api.get("/api/private-scope", **bearer(issuer.token()))
    assert answer.status_code == 200
    assert not hasattr(request_of(answer), "session")


def test_with_a_cookie_or_outside_the_api_there_is_a_session(api: APIClient, issuer: Issuer) -> None:
    assert hasattr(request_of(api.get("/")), "session")
    api.cookies["anything"] = "at all"
    request = request_of(api.get("/api/private-scope", **bearer(issuer.token())))
    assert hasattr(request, "session")
    assert hasattr(request, "_messages")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, text/html;q=0.4", "application/json"),
        ("application/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
def test_each_caller_gets_the_requested_format(
    api: APIClient, issuer: Issuer, accept: str | None, content_type: str
) -> None:
    headers = bearer(issuer.token()) | ({"HTTP_ACCEPT": accept} if accept else {})
    answer = api.get("/api/private-scope", **headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert "Accept" in answer["Vary"]


def test_an_unsupported_format_is_not_acceptable(api: APIClient, issuer: Issuer) -> None:
    assert api.get("/api/private-scope", HTTP_ACCEPT="text/plain", **bearer(issuer.token())).status_code == 406
