"""Change the configuration of the library's packages in tests."""

from dataclasses import replace
from typing import Any

from pytest_django import Settings

from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.testing.trust import trusted_setting
from tests.issuer import Issuer


def configure(settings: Settings, **rooms: Any) -> None:
    """Replace entries of ON_BEHALF_OF for one test: `configure(settings, API=replace(api_configuration(), …))`."""
    settings.ON_BEHALF_OF = settings.ON_BEHALF_OF | rooms


def trust(settings: Settings, issuer: Issuer, **changes: Any) -> None:
    """Have this project's API and bridge fetch keys from a served issuer; `changes` are to the API's configuration."""
    token_verifier.cache_clear()  # another test's issuer may have had the same port
    settings.ROOT_URLCONF = "config.api.urls"
    settings.ON_BEHALF_OF = trusted_setting(issuer, fetches_keys=True)
    changes = {"key_fetching": KeyFetching(timeout=2), "login": None} | changes
    configure(settings, API=replace(api_configuration(), **changes))
