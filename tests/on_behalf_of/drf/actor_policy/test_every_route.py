"""The policy applies to every view, whatever permissions the view sets."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.urls import get_resolver, path
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.actor_permissions import ActedForBy, RequiresDelegation
from on_behalf_of.drf.authentication import AccessTokenAuthentication
from on_behalf_of.drf.recorded_view import RecordedView
from on_behalf_of.drf.scopes import HasScope
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.actor_policy.conftest import SetPolicy
from tests.on_behalf_of.drf.actor_policy.tokens import AGENT, rule_for, with_chain
from tests.on_behalf_of.drf.conftest import bearer

ARGUMENTS = {"pk": "b5f3c1a2-0000-4000-8000-000000000000", "format": "json"}


def routes(patterns: Sequence[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        elif view := getattr(pattern.callback, "cls", None):
            yield route, view


def test_every_route_applies_the_policy(api: APIClient, issuer: Issuer, set_policy: SetPolicy) -> None:
    set_policy(trusted_actors=frozenset({"somebody-else"}))
    token = with_chain(issuer, "bridge for inspector", scope="read:private write:private")
    seen = {}
    for route, view in routes(get_resolver("downstream_api.urls").url_patterns):
        if AccessTokenAuthentication not in view.authentication_classes:
            continue
        url = route.replace("(?P<pk>[^/.]+)", ARGUMENTS["pk"]).replace("/$", "/")
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(api, method)(url, **bearer(token))
            seen[f"{method} {url}"] = answer.json().get("reason") if answer.status_code == 403 else answer.status_code
    assert len(seen) >= 15
    assert set(seen.values()) == {"actor_not_trusted"}, seen
    assert DelegatedAccess.objects.filter(reason="actor_not_trusted").count() == len(seen)


class Open(RecordedView):
    permission_classes: Sequence[Any] = ()

    def get(self, _request: Request) -> Response:
        return Response({})


class Delegated(Open):
    permission_classes = (HasScope("read:private"), RequiresDelegation())


class ByBridge(Open):
    permission_classes = (HasScope("read:private"), ActedForBy(BRIDGE_CLIENT))


class ByAgent(Open):
    permission_classes = (HasScope("read:private"), ActedForBy(AGENT, "another"))


urlpatterns = [
    path("open", Open.as_view()),
    path("delegated", Delegated.as_view()),
    path("by-bridge", ByBridge.as_view()),
    path("by-agent", ByAgent.as_view()),
]


@pytest.fixture
def views(api: APIClient, settings: Settings) -> APIClient:
    settings.ROOT_URLCONF = __name__
    return api


def test_the_policy_applies_to_a_view_without_permissions(
    views: APIClient, issuer: Issuer, set_policy: SetPolicy
) -> None:
    set_policy(require_delegation=True)
    assert views.get("/open", **bearer(issuer.token())).json()["reason"] == "delegation_required"


@pytest.mark.parametrize(
    ("path", "chain", "reason"),
    [
        ("/delegated", "bridge for inspector", None),
        ("/delegated", None, "delegation_required"),
        ("/delegated", "agent's login", "delegation_required"),
        ("/by-bridge", "bridge for inspector", None),
        ("/by-bridge", "agent of bridge for inspector", None),
        ("/by-bridge", "agent's login", "delegation_required"),
        ("/by-bridge", None, "delegation_required"),
        ("/by-bridge", "five levels, bridge second", "actor_not_trusted"),
        ("/by-bridge", "bridge of another issuer", "actor_not_trusted"),
        ("/by-agent", "agent of bridge for inspector", None),
        ("/by-agent", "bridge for inspector", "actor_not_trusted"),
    ],
)
def test_a_view_may_require_more_than_the_policy(
    views: APIClient, issuer: Issuer, set_policy: SetPolicy, path: str, chain: str | None, reason: str | None
) -> None:
    """RFC 8693 §4.1: by the outermost actor alone."""
    set_policy(actor_rule=rule_for(chain))
    answer = views.get(path, **bearer(with_chain(issuer, chain)))
    assert answer.status_code == (403 if reason else 200)
    assert answer.json().get("reason") == reason
    assert DelegatedAccess.objects.get().reason == (reason or "")


def test_a_views_requirement_is_checked_before_its_scopes_in_any_position(views: APIClient, issuer: Issuer) -> None:
    assert views.get("/delegated", **bearer(issuer.token(scope="openid"))).json()["reason"] == "delegation_required"
    lacking = with_chain(issuer, "bridge for inspector", scope="openid")
    assert views.get("/delegated", **bearer(lacking)).json()["reason"] == "insufficient_scope"


def test_a_views_requirement_asks_for_a_token_first(views: APIClient) -> None:
    """RFC 6750 §3.1."""
    assert views.get("/by-bridge").status_code == 401


def test_a_requirement_without_names_is_a_programming_error() -> None:
    for actors in ((), ("",), (BRIDGE_CLIENT, "\u200b")):
        with pytest.raises(ValueError, match="at least one"):
            ActedForBy(*actors)
