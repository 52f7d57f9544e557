"""Without API_LOGIN_CLIENT_ID there is no login, and sessions are ignored."""

from dataclasses import replace

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import Person
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure


@pytest.fixture
def off(person: Person, pages: ApiConfiguration, settings: Settings) -> Person:
    """A user who logged in before the login was switched off."""
    person.log_in()
    configure(settings, API=replace(pages, login=None))
    return person


@pytest.mark.parametrize(
    "path", ["/login", "/login/callback?state=x&code=y", "/login/token", "/login/paste", "/logout"]
)
def test_none_of_the_login_pages_exists(off: Person, path: str) -> None:
    assert off.get(path).status_code == 404
    assert off.client.post(path, headers={"X-CSRFToken": "x" * 32}).status_code in {403, 404}


def test_the_home_page_does_not_link_to_the_login(off: Person) -> None:
    assert "/login" not in off.get("/").content.decode()


def test_a_session_is_ignored(off: Person) -> None:
    page = off.get("/api/notes/")
    assert page.status_code == 401
    assert "/login" not in page.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_only_developers_are_told_how_to_switch_the_login_on(off: Person, settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    assert ("API_LOGIN_CLIENT_ID" in off.get("/api/public").content.decode()) is debug


def test_a_bearers_page_is_unchanged(off: Person, api: APIClient, issuer: Issuer) -> None:
    page = api.get("/api/private-scope", **bearer(issuer.token()), headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "auth0|alice" in page.content.decode()
