from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from downstream_api.operations import OPERATIONS
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import ApiConfiguration
from on_behalf_of.resource_server.key_fetching import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import API_AUDIENCE, Issuer, serving_issuer
from tests.rooms import configure


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def api(db: None, settings: Settings, issuer: Issuer) -> APIClient:
    """The API, trusting `issuer`. Errors become answers, as they do for real clients."""
    settings.ROOT_URLCONF = "config.api.urls"
    token_verifier.cache_clear()  # another test's issuer may have had the same port
    configuration = ApiConfiguration(
        operations=OPERATIONS,
        token_rules=TokenRules(issuer=issuer.url, audience=API_AUDIENCE),
        key_fetching=KeyFetching(timeout=2),
        resource=ProtectedResource(
            resource=API_AUDIENCE,
            base_url="http://localhost:8787",
            authorization_server=issuer.url,
            scopes=("read:private", "write:private"),
            name="Notes API",
        ),
    )
    configure(settings, API=configuration)
    return APIClient(raise_request_exception=False)


def bearer(token: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}
