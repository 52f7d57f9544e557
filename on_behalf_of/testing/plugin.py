"""The pytest fixtures. They need pytest-django, and load the library and Django only when a test uses one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from on_behalf_of.testing import FakeIssuer, Recording, ServedIssuer


@pytest.fixture
def obo_issuer(settings: Any) -> FakeIssuer:
    """An issuer in place of the project's tenant, which API and MCP server trust during the test.

    Its tokens have the issuer and audience that ON_BEHALF_OF names. Its keys are configured, so no socket is opened.
    """
    from on_behalf_of.testing.trust import fake_tenant, trusted_setting

    issuer = fake_tenant()
    settings.ON_BEHALF_OF = trusted_setting(issuer)
    return issuer


@pytest.fixture
def obo_token(obo_issuer: FakeIssuer) -> Callable[..., str]:
    """`obo_token(subject=…, actor=…, scopes=…, **claims)`: a signed access token, as from `FakeIssuer.token`."""
    return obo_issuer.token


@pytest.fixture
def obo_client(obo_issuer: FakeIssuer, db: None) -> Callable[..., APIClient]:  # noqa: ARG001 - calls are recorded
    """`obo_client(subject=…, actor=…, scopes=…)`: an APIClient through which an actor calls on a user's behalf."""
    from on_behalf_of.testing.api_client import on_behalf_of_client

    return partial(on_behalf_of_client, obo_issuer)


@pytest.fixture
def obo_recording(db: None) -> Recording:  # noqa: ARG001 - it reads the log
    """What the log recorded since the test began: `obo_recording.assert_recorded(subject=…, status=200)`."""
    from on_behalf_of.testing.recorded_rows import Recording

    return Recording("since the test began")


@pytest.fixture
def obo_served_issuer() -> Iterator[ServedIssuer]:
    """An issuer that serves its metadata and keys on a port of 127.0.0.1, for processes that fetch them."""
    from on_behalf_of.testing.served_issuer import ServedIssuer

    with ServedIssuer().serving() as issuer:
        yield issuer
