from collections.abc import Iterator

import pytest

from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from tests.issuer import Issuer, serving_issuer
from tests.on_behalf_of.resource_server.fetched_keys import FETCHING
from tests.on_behalf_of.resource_server.judging import Clock


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fetching() -> KeyFetching:
    return FETCHING


@pytest.fixture
def keys(issuer: Issuer, clock: Clock, fetching: KeyFetching) -> IssuerKeys:
    return IssuerKeys(issuer.url, fetching, clock=clock)
