"""What the API decides about a verified token: which actor rules it meets, and which operations it may call.

For people who look for the cause of a refusal. As in `on_behalf_of.resource_server.explanation`, no rule is repeated
here: `check_actor` and the views' own permissions are asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import get_resolver
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from on_behalf_of.drf.actor_policy import ActorPolicy, check_actor
from on_behalf_of.drf.authentication import AccessTokenAuthentication, user_of
from on_behalf_of.drf.refusals import BearerTokenRefused
from on_behalf_of.drf.route import readable_route
from on_behalf_of.drf.scopes import check_scope_is_named, name_of, scopes_of
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.explanation import CALLER_CHECKS, CALLER_RULES_SET_ASIDE, Check, Step, rule_steps
from on_behalf_of.resource_server.refusals import BearerTokenError, NotPermitted, Reason

FORMAT_SUFFIXES = (r"\.(?P<format>[a-z0-9]+)/?$", "<drf_format_suffix:format>")  # which DRF's routers add
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# In the order of `check_actor`.
POLICY_CHECKS = (
    *CALLER_CHECKS,
    Check("It comes from a token exchange, if that is required", (Reason.DELEGATION_REQUIRED,), ("act",)),
    Check("Its current actor is trusted", (Reason.ACTOR_NOT_TRUSTED,), ("act",)),
    Check("Its organization may call", (Reason.ORGANIZATION,), ("org_id",)),
)
# For each reason, what sets the rule behind it aside.
_SET_ASIDE: dict[Reason, dict[str, Any]] = {
    **CALLER_RULES_SET_ASIDE,
    Reason.DELEGATION_REQUIRED: {"require_delegation": False},
    Reason.ACTOR_NOT_TRUSTED: {"trusted_actors": frozenset()},
    Reason.ORGANIZATION: {"allowed_organizations": frozenset()},
}


def policy_steps(token: AccessToken | None, policy: ActorPolicy) -> tuple[Step, ...]:
    """Return each rule with its outcome; without a verified token, no rule is reached."""
    return rule_steps(token, policy, check_actor, POLICY_CHECKS, _SET_ASIDE)


@dataclass(frozen=True)
class Operation:
    """One method of one route, and whether a token may call it; `refusal` says why not, if the view does."""

    method: str
    route: str
    is_allowed: bool
    refusal: BearerTokenError | None = None


def operations(token: AccessToken, urlconf: str | None = None) -> tuple[Operation, ...]:
    """Return every protected operation of the API, in the order of its routes. None means the root URLconf."""
    return tuple(_judged(token, method, route, view, actions) for method, route, view, actions in _operations(urlconf))


def unscoped_views() -> list[str]:
    """Return the dotted names of protected views that name no scope for some method, in the order of their routes."""
    found = [
        name_of(view)
        for method, _, view, actions in _operations()
        if not scopes_of(view(request=_request(method), action=actions.get(method.lower())), method)
    ]
    return list(dict.fromkeys(found))


def _operations(urlconf: str | None = None) -> Iterator[tuple[str, str, Any, dict[str, str]]]:
    """Yield method, route, view and its actions of each protected operation."""
    for route, view, actions in _views(get_resolver(urlconf).url_patterns):
        for method in METHODS:
            if method.lower() in actions if actions else hasattr(view, method.lower()):
                yield method, readable_route(route), view, actions


def _views(patterns: Sequence[Any], prefix: str = "/") -> Iterator[tuple[str, Any, dict[str, str]]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.endswith(FORMAT_SUFFIXES):  # the same operations once more
            continue
        if hasattr(pattern, "url_patterns"):
            yield from _views(pattern.url_patterns, route)
            continue
        view = getattr(pattern.callback, "cls", None)
        if view and _takes_tokens(view):
            yield route, view, getattr(pattern.callback, "actions", None) or {}


def _takes_tokens(view: Any) -> bool:
    return any(issubclass(each, AccessTokenAuthentication) for each in view.authentication_classes)


def _request(method: str) -> Request:
    request = HttpRequest()
    request.method = method
    return Request(request)


def _judged(token: AccessToken, method: str, route: str, view: Any, actions: dict[str, str]) -> Operation:
    """Ask the view's permissions about a request with that token, without making the request."""
    request = _request(method)
    try:
        request.user, request.auth = user_of(token), token
    except NotPermitted as refused:
        return Operation(method, route, False, refused)
    asked = view(request=request, action=actions.get(method.lower()))
    request.parser_context = {"view": asked}
    try:
        check_scope_is_named(request)
        asked.check_permissions(request)
    except BearerTokenRefused as refused:
        return Operation(method, route, False, refused.error)
    except APIException:
        return Operation(method, route, False)
    return Operation(method, route, True)
