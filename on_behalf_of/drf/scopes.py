from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from rest_framework.permissions import AND, OR, SAFE_METHODS, BasePermission, OperationHolderMixin
from rest_framework.request import Request

from on_behalf_of.drf.caller import is_projects_user, token_of
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.refusals import refusal
from on_behalf_of.resource_server.refusals import InsufficientScope, NotPermitted, Reason

if TYPE_CHECKING:  # at run time, DRF imports its views only after its default classes, this one included
    from rest_framework.views import APIView


class HasScope(OperationHolderMixin, BasePermission):
    """Requires a scope of the access token: `permission_classes = [HasScope("read:private")]`.

    Unsafe methods need the scope `to_write` instead, if it is given. A refusal names the scope, so that a client can
    ask the user for it (RFC 6750 §3.1). Users whom another authentication class of the project logged in have no token
    and pass; combine with DRF's permissions to ask more of them: `HasScope("read:private") & IsStaff`.
    """

    def __init__(self, scope: str, *, to_write: str | None = None) -> None:
        self.to_read = (scope,)
        self.to_write = (to_write or scope,)

    def __call__(self) -> "HasScope":
        """Return itself: DRF calls each item of `permission_classes`, and this one is an instance already."""
        return self

    def needed_for(self, method: str | None) -> tuple[str, ...]:
        return self.to_read if method in SAFE_METHODS else self.to_write

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        if is_projects_user(request):
            return True
        needed = self.needed_for(request.method)
        if not token_of(request).scopes.issuperset(needed):
            raise refusal(request, InsufficientScope(needed))
        return True


def check_scope_is_named(request: Request | HttpRequest) -> None:
    """Refuse the token if the view names no scope, so that a forgotten permission does not open the view.

    Views in the setting UNSCOPED_VIEWS are exempt. Raises BearerTokenRefused.
    """
    view = getattr(request, "parser_context", {}).get("view")
    if view and not scopes_of(view, request.method) and name_of(type(view)) not in api_configuration().unscoped_views:
        raise refusal(request, NotPermitted(Reason.UNSCOPED_VIEW))


def name_of(view: type["APIView"]) -> str:
    """Return the dotted name of a view class, or of the function under `@api_view`."""
    return f"{view.__module__}.{view.__name__}"


def scopes_needed(request: Request | HttpRequest) -> tuple[str, ...]:
    """Return every scope that the request's view asks for, in order."""
    view = getattr(request, "parser_context", {}).get("view")
    return scopes_of(view, request.method) if view else ()


def scopes_of(view: "APIView", method: str | None) -> tuple[str, ...]:
    """Return every scope that the view asks for if it is called with that method, in order."""
    needed = [
        scope
        for permission in view.get_permissions()
        for each in _scoped(permission)
        for scope in each.needed_for(method)
    ]
    return tuple(dict.fromkeys(needed))


def _scoped(permission: Any) -> Iterator[HasScope]:
    """Yield the HasScope of a permission, also those that `&` and `|` combine. One under `~` demands nothing."""
    if isinstance(permission, HasScope):
        yield permission
    elif isinstance(permission, AND | OR):
        for each in vars(permission).values():  # both of its operands
            yield from _scoped(each)
