"""Errors are shown to people on our own page and to programs as JSON, with DEBUG on or off."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HIDDEN = ("the-fault-itself", "Traceback", "Django", "urlpatterns", "the-cookie", "the-token")
LAYOUTS = {"api": ("on_behalf_of/api_page.html", "Notes API"), "tenant": ("local_tenant/page.html", "Local tenant")}


@pytest.fixture(params=["api", "tenant"])
def name(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Use a service's URLs. Return the name that its pages show."""
    settings.ROOT_URLCONF = f"config.{request.param}.urls"
    settings.PAGE_LAYOUT, name = LAYOUTS[request.param]
    return name


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def http(request: pytest.FixtureRequest, settings: Settings) -> Client:
    settings.DEBUG = request.param
    http = Client(raise_request_exception=False, headers={"Accept": BROWSER, "Authorization": "Bearer the-token"})
    http.cookies["other"] = "the-cookie"
    return http


def assert_page(response: Any, status: int, *, name: str, says: str) -> None:
    page = response.content.decode()
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert f" · {name}</title>" in page
    assert says in page
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not any(hidden in page for hidden in HIDDEN), page


def assert_json(response: Any, status: int, says: str) -> None:
    assert response.status_code == status
    assert says in response.json()["detail"]


def test_an_unknown_address_is_not_found(name: str, http: Client) -> None:
    assert_page(http.get("/nothing?the-fault-itself"), 404, name=name, says="Check the address")
    assert_json(http.get("/nothing", headers={"Accept": "application/json"}), 404, "Check the address")
    assert_page(http.get("/nothing", headers={"Accept": "*/*"}), 404, name=name, says="Check the address")


def test_below_api_programs_get_json_and_people_get_a_page(name: str, http: Client) -> None:
    assert_page(http.get("/api/nothing"), 404, name=name, says="Check the address")
    for accept in ("*/*", "application/json", "image/png"):
        assert_json(http.get("/api/nothing", headers={"Accept": accept}), 404, "Check the address")


def test_a_missing_slash_is_still_added(name: str, http: Client) -> None:
    assert http.get("/admin").headers["Location"] == "/admin/"


def test_a_method_that_a_page_does_not_accept_is_refused(name: str, http: Client) -> None:
    response = http.post("/.well-known/oauth-protected-resource" if name == "Notes API" else "/")
    assert_page(response, 405, name=name, says="requests of this kind")
    assert "GET" in response.headers["Allow"]


def test_a_foreign_host_is_a_bad_request(name: str, http: Client) -> None:
    assert_page(http.get("/", headers={"Host": "evil.example"}), 400, name=name, says="not served here")


def test_a_form_without_its_csrf_token_is_refused(db: None, name: str, http: Client) -> None:
    http.handler.enforce_csrf_checks = True
    assert_page(http.post("/admin/login/", {"username": "x"}), 403, name=name, says="reload the page")


def test_a_page_without_the_permission_is_forbidden(db: None, name: str, http: Client) -> None:
    user: User = baker.make(User, is_staff=True)
    http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    lists = {"Notes API": "/admin/downstream_api/note/", "Local tenant": "/admin/local_tenant/role/"}
    assert_page(http.get(lists[name]), 403, name=name, says="another account")


def failing_with(error: Exception) -> Callable[..., HttpResponse]:
    def fail(*_args: Any, **_kwargs: Any) -> HttpResponse:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (RuntimeError("the-fault-itself"), 500, "log says why"),
        (SuspiciousOperation("the-fault-itself"), 400, "not understood"),
        (OperationalError("the-fault-itself"), 503, "try again in a few seconds"),
    ],
    ids=["fault", "suspicious", "database"],
)
def test_an_exception_in_a_view_gets_the_error_page(
    db: None, name: str, http: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, says: str
) -> None:
    monkeypatch.setattr("django.contrib.auth.views.LoginView.dispatch", failing_with(error))
    response = http.get("/admin/login/")
    assert_page(response, status, name=name, says=says)
    assert ("Retry-After" in response.headers) == (status == 503)
    as_text = http.get("/admin/login/", headers={"Accept": "application/json"})
    assert as_text.status_code == status
    assert "<" not in as_text.content.decode()


def test_an_exception_in_a_middleware_gets_the_error_page(
    name: str, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page uses no context processors, because they may be what failed."""
    fail = failing_with(RuntimeError("the-fault-itself"))
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", fail)
    monkeypatch.setattr("django.contrib.auth.context_processors.auth", fail)
    assert_page(http.get("/"), 500, name=name, says="log says why")
