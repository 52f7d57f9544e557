"""Routes in the log and in explanations read as people write them, although DRF's routers make regular expressions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, path
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIClient
from rest_framework.viewsets import ViewSet

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.explanation import operations
from on_behalf_of.drf.route import readable_route
from on_behalf_of.drf.scopes import HasScope


class Orders(ViewSet):
    permission_classes: Any = (HasScope("read:private"),)

    def list(self, request: Request) -> Response:
        return Response([])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response({"id": pk})


router = DefaultRouter()
router.include_root_view = False
router.register("orders", Orders, basename="order")
urlpatterns = [path("api/<int:version>/", include(router.urls))]


@pytest.fixture(autouse=True)
def urls(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "route"),
    [
        ("/api/1/orders/", "/api/<int:version>/orders/"),
        ("/api/1/orders/7/", "/api/<int:version>/orders/<pk>/"),
        ("/api/1/orders.json", "/api/<int:version>/orders.<format>"),
    ],
)
def test_a_row_holds_the_route_of_a_router_in_readable_form(
    obo_client: Callable[..., APIClient], address: str, route: str
) -> None:
    obo_client(subject="auth0|anna", actor="mcp", scopes=["read:private"]).get(address)
    assert DelegatedAccess.objects.get().route.rstrip("/") == route.rstrip("/")


@pytest.mark.django_db
def test_an_explanation_names_each_operation_of_a_router_once(obo_token: Callable[..., str]) -> None:
    token = token_verifier(api_configuration()).verify(obo_token(scopes=["read:private"]))
    found = [(operation.method, operation.route) for operation in operations(token)]
    assert found == [("GET", "/api/<int:version>/orders/"), ("GET", "/api/<int:version>/orders/<pk>/")]


@pytest.mark.parametrize(
    ("pattern", "route"),
    [
        ("/notes/<int:pk>", "/notes/<int:pk>"),
        ("/^orders/(?P<pk>[^/.]+)/$", "/orders/<pk>/"),
        (r"/^a\.b/(\d+)/?$", "/a.b/<var>/"),
        ("/", "/"),
    ],
)
def test_a_route_of_djangos_path_stays_and_a_regular_expression_becomes_readable(pattern: str, route: str) -> None:
    assert readable_route(pattern) == route
