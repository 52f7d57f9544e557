from dataclasses import replace

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import ORIGIN, Person
from tests.rooms import configure

SCOPES = (("read:private", "Read your notes"), ("write:private", "Write your notes"))


@pytest.fixture
def pages(api: APIClient, settings: Settings) -> ApiConfiguration:
    """The settings of the API's process, with people allowed to log in."""
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "api_session", "api_csrf"
    settings.WHITENOISE_AUTOREFRESH = True  # no walk through all static files for each new Client
    login = BrowserLogin(client_id="pages", base_url=ORIGIN, scopes=SCOPES, timeout=2, session_key=bytes(range(32)))
    configure(settings, API=replace(api_configuration(), login=login))
    return api_configuration()


@pytest.fixture
def person(pages: ApiConfiguration, issuer: Issuer) -> Person:
    return Person(issuer)
