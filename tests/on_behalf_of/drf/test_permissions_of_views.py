"""A RecordedView makes its permissions once for each call, whatever a project's view does with them."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.urls import path
from pytest_django import Settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from on_behalf_of.drf.recorded_view import RecordedView
from on_behalf_of.drf.scopes import HasScope
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer

pytestmark = pytest.mark.django_db


class Counted(BasePermission):
    made = asked = 0

    def __init__(self) -> None:
        type(self).made += 1

    def has_permission(self, request: Request, view: APIView) -> bool:
        type(self).asked += 1
        return True


class Adding(RecordedView):
    permission_classes = (HasScope("read:private"), Counted)

    def get_permissions(self) -> Sequence[Any]:
        permissions = list(super().get_permissions())
        permissions.append(HasScope("read:more"))
        return permissions

    def get(self, request: Request) -> Response:
        return Response([len(self.get_permissions()), len(self.get_permissions())])


class Changing(RecordedView):
    permission_classes: Sequence[Any] = (HasScope("read:private"),)

    def get(self, request: Request) -> Response:
        before = len(self.get_permissions())
        self.permission_classes = (HasScope("read:private"), Counted)
        return Response([before, len(self.get_permissions())])


urlpatterns = [path("api/adding", Adding.as_view()), path("api/changing", Changing.as_view())]


@pytest.fixture
def views(api: APIClient, settings: Settings) -> APIClient:
    settings.ROOT_URLCONF = __name__
    return api


def test_what_a_view_adds_to_its_permissions_is_added_once(views: APIClient, issuer: Issuer) -> None:
    Counted.made = Counted.asked = 0
    answer = views.get("/api/adding", **bearer(issuer.token(scope="read:private read:more")))
    assert answer.json() == [3, 3]
    assert (Counted.made, Counted.asked) == (1, 1)
    assert views.get("/api/adding", **bearer(issuer.token(scope="read:private"))).status_code == 403


def test_other_permission_classes_make_other_permissions(views: APIClient, issuer: Issuer) -> None:
    assert views.get("/api/changing", **bearer(issuer.token(scope="read:private"))).json() == [1, 2]
