from dataclasses import replace
from typing import Any, Protocol

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.configuration import api_configuration
from tests.rooms import configure


class SetPolicy(Protocol):
    def __call__(self, **rules: Any) -> None: ...


@pytest.fixture
def set_policy(settings: Settings, api: APIClient) -> SetPolicy:
    """Gives the API another policy."""

    def change(**rules: Any) -> None:
        configure(settings, API=replace(api_configuration(), policy=ActorPolicy(**rules)))

    return change
