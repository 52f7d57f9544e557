"""A view of any kind that names no scope refuses every token until it is listed."""

from dataclasses import replace
from typing import Any

import pytest
from django.urls import include, path
from pytest_django import Settings
from rest_framework.decorators import api_view
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ViewSet

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.checks import every_view_names_a_scope
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.explanation import operations
from on_behalf_of.drf.recorded_view import RecordedView
from on_behalf_of.drf.scopes import HasScope
from on_behalf_of.resource_server.refusals import Reason
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure


class Forgotten(RecordedView):
    def get(self, request: Request) -> Response:
        return Response({})


class OpenToAll(RecordedView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response({})


class ForgottenSet(RecordedView, ViewSet):
    def list(self, request: Request) -> Response:
        return Response({})


class OfSomeActions(RecordedView, ViewSet):
    def get_permissions(self) -> list[Any]:
        return [HasScope("read:private")] if self.action == "retrieve" else []

    def list(self, request: Request) -> Response:
        return Response({})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response({})


@api_view(["GET"])
def forgotten(request: Request) -> Response:
    return Response({})


urlpatterns = [
    path("forgotten/view", Forgotten.as_view()),
    path("forgotten/open", OpenToAll.as_view()),
    path("forgotten/set", ForgottenSet.as_view({"get": "list"})),
    path("forgotten/action", OfSomeActions.as_view({"get": "list"})),
    path("forgotten/function", forgotten),
    path("scoped/action/<pk>", OfSomeActions.as_view({"get": "retrieve"})),
    path("", include("config.api.urls")),
]
FORGOTTEN = [f"/forgotten/{kind}" for kind in ("view", "open", "set", "action", "function")]
NAMES = {f"{__name__}.{name}" for name in ("Forgotten", "OpenToAll", "ForgottenSet", "OfSomeActions", "forgotten")}


@pytest.fixture
def with_forgotten(api: APIClient, settings: Settings) -> APIClient:
    settings.ROOT_URLCONF = __name__
    return api


@pytest.mark.parametrize("address", FORGOTTEN)
def test_a_view_without_scopes_refuses_every_token_with_a_reason(
    with_forgotten: APIClient, issuer: Issuer, address: str
) -> None:
    answer = with_forgotten.get(address, **bearer(issuer.delegated_token(scope="read:private write:private")))
    assert (answer.status_code, answer.json()["reason"]) == (403, "unscoped_view")
    assert "error" not in answer.json()
    assert "scope=" not in answer.headers["WWW-Authenticate"]


def test_the_refusal_by_an_unscoped_view_is_recorded(with_forgotten: APIClient, issuer: Issuer) -> None:
    with_forgotten.get("/forgotten/view", **bearer(issuer.delegated_token()))
    row = DelegatedAccess.objects.get()
    assert (row.status, row.decision, row.reason) == (403, "refused", "unscoped_view")


def test_the_action_that_names_a_scope_is_served(with_forgotten: APIClient, issuer: Issuer) -> None:
    assert with_forgotten.get("/scoped/action/1", **bearer(issuer.delegated_token())).status_code == 200


def test_a_listed_unscoped_view_is_served(with_forgotten: APIClient, issuer: Issuer, settings: Settings) -> None:
    configure(settings, API=replace(api_configuration(), unscoped_views=frozenset({f"{__name__}.Forgotten"})))
    assert with_forgotten.get("/forgotten/view", **bearer(issuer.delegated_token())).status_code == 200
    assert with_forgotten.get("/forgotten/set", **bearer(issuer.delegated_token())).status_code == 403


def test_the_explanation_names_unscoped_views_too(
    with_forgotten: APIClient, issuer: Issuer, settings: Settings
) -> None:
    token = token_verifier(api_configuration()).verify(issuer.delegated_token())
    found = {operation.route: operation for operation in operations(token)}
    for address in FORGOTTEN:
        refusal = found[address].refusal
        assert not found[address].is_allowed
        assert refusal is not None
        assert refusal.reason is Reason.UNSCOPED_VIEW
    assert found["/scoped/action/<pk>"].is_allowed


def test_a_system_check_lists_unscoped_views(with_forgotten: APIClient, settings: Settings) -> None:
    found = every_view_names_a_scope()
    assert {message.msg.split()[0] for message in found} == NAMES
    configure(settings, API=replace(api_configuration(), unscoped_views=frozenset(NAMES)))
    assert every_view_names_a_scope() == []


def test_each_view_of_this_api_names_a_scope(api: APIClient) -> None:
    assert every_view_names_a_scope() == []
