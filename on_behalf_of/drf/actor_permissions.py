"""Permission classes for views that demand more of the actor than the policy for all views does."""

from typing import TYPE_CHECKING, Self

from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request

from on_behalf_of.drf.actor_policy import is_delegated, is_one_of
from on_behalf_of.drf.caller import is_projects_user, token_of
from on_behalf_of.drf.refusals import refusal
from on_behalf_of.primitives.blank import is_blank
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.refusals import NotPermitted, Reason

if TYPE_CHECKING:  # at run time, DRF imports its views only after the default classes
    from rest_framework.views import APIView


class ActorPermission(OperationHolderMixin, BasePermission):
    """Base of permissions about the actor. Put them beside HasScope; RecordedView checks them first, in any order."""

    def __call__(self) -> Self:
        """Return itself: DRF calls each item of `permission_classes`, and this one is an instance already."""
        return self

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        # The project's own users call for themselves, which is not delegation.
        reason = Reason.DELEGATION_REQUIRED if is_projects_user(request) else self.refusal(token_of(request))
        if reason:
            raise refusal(request, NotPermitted(reason))
        return True

    def refusal(self, token: AccessToken) -> Reason | None:
        """Return why the token is refused, or None if it is not."""
        raise NotImplementedError


class RequiresDelegation(ActorPermission):
    """Allows only calls on a user's behalf: `permission_classes = [HasScope("read:private"), RequiresDelegation()]`."""

    def refusal(self, token: AccessToken) -> Reason | None:
        return None if is_delegated(token) else Reason.DELEGATION_REQUIRED


class ActedForBy(ActorPermission):
    """Allows only calls on a user's behalf by one of these current actors: `ActedForBy("bridge-client")`.

    Name them as in `ActorPolicy.trusted_actors`.
    """

    def __init__(self, *actors: str) -> None:
        if not actors or any(map(is_blank, actors)):
            raise ValueError("ActedForBy needs the id of at least one client or agent")
        self.actors = frozenset(actors)

    def refusal(self, token: AccessToken) -> Reason | None:
        if token.actor is None or not is_delegated(token):
            return Reason.DELEGATION_REQUIRED
        return None if is_one_of(token.actor, self.actors, token=token) else Reason.ACTOR_NOT_TRUSTED
