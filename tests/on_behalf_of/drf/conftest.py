from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.issuer import Issuer, serving_issuer
from tests.rooms import trust


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def api(db: None, settings: Settings, issuer: Issuer) -> APIClient:
    """The API, which trusts `issuer`. Exceptions become responses, as for real clients."""
    trust(settings, issuer)
    return APIClient(raise_request_exception=False)


def bearer(token: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}
