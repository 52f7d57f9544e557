"""docs/actor-policy.md: its two views work as documented."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.urls import path
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from on_behalf_of.drf.recorded_view import RecordedView
from tests.docs.blocks import blocks
from tests.issuer import Issuer
from tests.on_behalf_of.drf.actor_policy.tokens import with_chain
from tests.on_behalf_of.drf.conftest import bearer


class Answering(RecordedView):
    """A RecordedView with an answer, which the page leaves out."""

    def get(self, request: Request) -> Response:
        return Response({})


@pytest.fixture
def views(api: APIClient, settings: Settings) -> Iterator[APIClient]:
    (block,) = blocks("docs/actor-policy.md", "python")
    names: dict[str, Any] = {"RecordedView": Answering, "__name__": "documented"}
    exec(block.text, names)  # noqa: S102 - our own documentation
    urls = ModuleType("documented_urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("payments", names["Payments"].as_view()),
        path("reports", names["Reports"].as_view()),
    ]
    sys.modules[urls.__name__] = urls
    settings.ROOT_URLCONF = urls.__name__
    yield api
    del sys.modules[urls.__name__]


def test_the_views_require_what_the_page_says(views: APIClient, issuer: Issuer) -> None:
    delegated = with_chain(issuer, "bridge for inspector", scope="pay read:private")
    stranger = with_chain(issuer, "stranger for bridge", scope="pay read:private")
    own = issuer.token(scope="pay read:private")
    answers = {
        (name, url): views.get(url, **bearer(token)).json().get("reason")
        for name, token in (("delegated", delegated), ("stranger", stranger), ("own", own))
        for url in ("/payments", "/reports")
    }
    assert answers == {
        ("delegated", "/payments"): None,
        ("delegated", "/reports"): None,
        ("stranger", "/payments"): None,
        ("stranger", "/reports"): "actor_not_trusted",
        ("own", "/payments"): "delegation_required",
        ("own", "/reports"): "delegation_required",
    }
