"""RFC 6750 §5.3: the API's answers to a bearer are never cached, with or without a cookie."""

from contextlib import closing
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer

PATHS = (
    "/",
    "/api/private-scope",
    "/api/public",
    "/api/notes/",
    "/api/notes/b5f3c1a2-0000-4000-8000-000000000000/",
    "/api/none",
    "/none",
    "/openapi.json",
    "/docs",
    "/login",
    "/explain",
    "/admin/",
    "/admin/none/",
    "/healthz",
    "/readyz",
    "/.well-known/oauth-protected-resource",
)
METHODS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")


class Program(Client):
    """A client without a Cookie header; Django's always sends one, even if it is empty."""

    def _base_environ(self, **request: Any) -> dict[str, Any]:
        return {name: value for name, value in super()._base_environ(**request).items() if name != "HTTP_COOKIE"}  # type: ignore[misc] # not in the stubs


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_to_a_bearer_says_no_store(
    api: APIClient, issuer: Issuer, settings: Settings, path: str, debug: bool
) -> None:
    settings.DEBUG = debug
    client = Program(raise_request_exception=False)
    tokens = {
        "good": issuer.token(scope="read:private write:private"),
        "lacking": issuer.token(scope="openid"),
        "expired": issuer.token(exp=1),
        "nonsense": "nonsense",
    }
    lacking = [
        (method, name, answer.status_code)
        for method in METHODS
        for name, token in tokens.items()
        if "no-store" not in (answer := getattr(client, method)(path, **bearer(token))).headers.get("Cache-Control", "")
    ]
    assert lacking == []


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "DPoP x", ""])
def test_credentials_of_any_scheme_count(api: APIClient, header: str) -> None:
    assert "no-store" in api.get("/api/public", HTTP_AUTHORIZATION=header).headers["Cache-Control"]


@pytest.mark.parametrize("query", ["access_token=x", "a=b&access%5Ftoken=x"])
def test_a_token_in_the_url_counts_too(api: APIClient, query: str) -> None:
    assert api.get(f"/openapi.json?{query}").headers["Cache-Control"] == "no-store"


def test_redirects_and_refusals_of_the_first_middlewares_are_covered(
    api: APIClient, issuer: Issuer, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    moved = api.get("/login", **bearer(issuer.token()))
    assert (moved.status_code, moved.headers["Cache-Control"]) == (301, "no-store")
    settings.SECURE_SSL_REDIRECT = False
    foreign = api.get("/", HTTP_HOST="evil.example", **bearer(issuer.token()))
    assert (foreign.status_code, foreign.headers["Cache-Control"]) == (400, "no-store")


def test_a_session_next_to_the_token_changes_nothing(api: APIClient, issuer: Issuer) -> None:
    answer = api.get("/api/private-scope", HTTP_COOKIE="api_session=x", **bearer(issuer.token()))
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/api/public", "/api/none", "/openapi.json", "/.well-known/oauth-protected-resource"])
def test_without_credentials_no_cache_header_is_added(api: APIClient, path: str) -> None:
    assert "Cache-Control" not in Program().get(path).headers


def test_static_files_stay_cacheable_with_credentials(api: APIClient, issuer: Issuer) -> None:
    with closing(api.get("/static/on_behalf_of/site.css", **bearer(issuer.token()))) as answer:
        told = answer.headers["Cache-Control"]
    assert "public" in told
    assert "no-store" not in told
