"""The library with a project's own users, sessions, Bearer schemes and decorated views."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema, extend_schema_view
from model_bakery import baker
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.actor_permissions import RequiresDelegation
from on_behalf_of.drf.authentication import AccessTokenAuthentication
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.recorded_view import RecordedView
from on_behalf_of.drf.scopes import HasScope, scopes_of
from on_behalf_of.resource_server.access_token import AccessToken
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure


class PartnerAuthentication(BaseAuthentication):
    """A second Bearer scheme, with opaque tokens of the project's own."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        if request.META.get("HTTP_AUTHORIZATION") != "Bearer partner-key":
            return None
        return User(username="partner"), "partner-key"


class Who(APIView):
    authentication_classes = (AccessTokenAuthentication, PartnerAuthentication)
    permission_classes: Any = (HasScope("read:private"),)

    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user)})


class OfDelegates(Who):
    permission_classes: Any = (HasScope("read:private"), RequiresDelegation())


class ByScopeOrStaff(Who):
    permission_classes: Any = (HasScope("read:private") | IsAdminUser,)


@extend_schema(tags=["people"])
@extend_schema_view(get=extend_schema(summary="Say who is calling"))
class Described(RecordedView):
    permission_classes: Any = (HasScope("read:private"),)

    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user)})


urlpatterns = [
    path("who", Who.as_view()),
    path("delegates", OfDelegates.as_view()),
    path("scope-or-staff", ByScopeOrStaff.as_view()),
    path("described", Described.as_view()),
]


@pytest.fixture
def project(api: APIClient, settings: Settings) -> APIClient:
    settings.ROOT_URLCONF = __name__
    return api


def user_named_as_subject(token: AccessToken) -> User | None:
    return User.objects.filter(username=token.subject).first()


def test_the_request_has_the_projects_own_user(project: APIClient, issuer: Issuer, settings: Settings) -> None:
    baker.make(User, username="auth0|alice")
    configure(settings, API=replace(api_configuration(), user=user_named_as_subject))
    assert project.get("/who", **bearer(issuer.delegated_token())).json() == {"user": "auth0|alice"}
    assert DelegatedAccess.objects.get().subject == "auth0|alice"


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "inactive"])
def test_a_user_unknown_to_the_project_is_refused_and_recorded(
    project: APIClient, issuer: Issuer, settings: Settings, is_there: bool
) -> None:
    if is_there:
        baker.make(User, username="auth0|alice", is_active=False)
    configure(settings, API=replace(api_configuration(), user=user_named_as_subject))
    answer = project.get("/who", **bearer(issuer.delegated_token()))
    assert (answer.status_code, answer.json()["reason"]) == (403, "unknown_user")
    assert DelegatedAccess.objects.get().reason == "unknown_user"


def test_the_projects_own_users_need_no_scope_and_leave_no_row(project: APIClient) -> None:
    project.force_authenticate(baker.make(User, username="own"))
    assert project.get("/who").json() == {"user": "own"}
    assert project.get("/described").json() == {"user": "own"}
    assert not DelegatedAccess.objects.exists()


def test_an_anonymous_user_of_another_scheme_is_refused(project: APIClient) -> None:
    project.force_authenticate(AnonymousUser())
    assert project.get("/who").status_code == 401


def test_the_projects_own_users_do_not_act_for_anybody(project: APIClient) -> None:
    project.force_authenticate(baker.make(User))
    answer = project.get("/delegates")
    assert (answer.status_code, answer.json()["reason"]) == (403, "delegation_required")


def test_tokens_of_other_issuers_are_left_to_the_next_scheme(
    project: APIClient, settings: Settings, issuer: Issuer
) -> None:
    partner = bearer("partner-key")
    assert project.get("/who", **partner).status_code == 401
    configure(settings, API=replace(api_configuration(), passes_on_other_issuers=True))
    assert project.get("/who", **partner).json() == {"user": "partner"}
    foreign = project.get("/who", **bearer(issuer.token(iss="https://other.example/")))
    assert foreign.status_code == 401
    assert "invalid_token" not in foreign.headers["WWW-Authenticate"]
    assert project.get("/who", **bearer(issuer.delegated_token())).status_code == 200
    forged = project.get("/who", **bearer(issuer.delegated_token()[:-8] + "AAAAAAAA"))
    assert (forged.status_code, forged.json()["reason"]) == (401, "bad_signature")


def test_scopes_combine_with_the_projects_permissions(project: APIClient, issuer: Issuer) -> None:
    assert project.get("/scope-or-staff", **bearer(issuer.delegated_token())).status_code == 200
    assert project.get("/scope-or-staff", **bearer(issuer.delegated_token(scope="other"))).status_code == 403
    assert scopes_of(ByScopeOrStaff(), "GET") == ("read:private",)


def test_drf_spectaculars_decorators_work_on_a_recorded_view(project: APIClient, issuer: Issuer) -> None:
    assert project.get("/described", **bearer(issuer.delegated_token())).status_code == 200
    document = SchemaGenerator(urlconf=__name__).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    described = document["paths"]["/described"]["get"]
    assert (described["summary"], described["tags"]) == ("Say who is calling", ["people"])


API = {"ISSUER": "https://tenant.example/", "AUDIENCE": "https://api.example/"}


def test_a_dictionary_is_enough_as_configuration(settings: Settings) -> None:
    configure(settings, API=API | {"USER": f"{__name__}.user_named_as_subject", "SCOPES": {"read:a": "Read a"}})
    configuration = api_configuration()
    assert configuration.token_rules.issuer == API["ISSUER"]
    assert configuration.resource.resource == API["AUDIENCE"]
    assert configuration.resource.metadata_url == "https://api.example/.well-known/oauth-protected-resource"
    assert configuration.resource.scopes == ("read:a",)
    assert configuration.user is user_named_as_subject


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ([], 'ON_BEHALF_OF must be a dictionary, such as {"API": {...}, "AUDIT": {...}}.'),
        ({"API": {}}, 'ON_BEHALF_OF["API"]["ISSUER"] is missing.'),
        ({"AUDIT": {}}, 'ON_BEHALF_OF["API"] is missing; add it to the settings.'),
        ({"APIS": {}}, "ON_BEHALF_OF has an unknown entry 'APIS'; known are API, AUDIT, MCP."),
        ({"API": API | {"USERS": 1}}, "ON_BEHALF_OF[\"API\"] has an unknown key 'USERS'; did you mean USER?"),
        (
            {"API": API | {"AUDIENCE": "notes"}},
            'ON_BEHALF_OF["API"]["BASE_URL"] must be an https URL, or an http URL on loopback.',
        ),
    ],
)
def test_a_mistake_in_the_setting_is_reported_in_one_sentence(settings: Settings, setting: Any, sentence: str) -> None:
    settings.ON_BEHALF_OF = setting
    with pytest.raises(ImproperlyConfigured) as mistake:
        api_configuration()
    assert str(mistake.value) == sentence
