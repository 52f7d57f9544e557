from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from downstream_api.models import Note
from downstream_api.serializers import CallSerializer, MessageSerializer, NoteSerializer
from on_behalf_of.drf.caller import token_of
from on_behalf_of.drf.recorded_view import RecordedView
from on_behalf_of.drf.scopes import HasScope
from on_behalf_of.resource_server.actor import Actor


class PublicView(RecordedView):
    """A public endpoint: no authentication, no record."""

    authentication_classes = ()
    permission_classes = ()
    serializer_class = MessageSerializer

    def get(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        return Response({"message": "This endpoint is public. It reads no token."})


class PrivateScopeView(RecordedView):
    """Return the verified access token's claims: the user, the client, and everyone who acts for the user."""

    permission_classes = (HasScope("read:private"),)
    serializer_class = CallSerializer

    def get(self, request: Request) -> Response:
        token = token_of(request)
        chain = [_described(actor) for actor in token.actor.chain()] if token.actor else []
        return Response(
            {
                "subject": token.subject,
                "client_id": token.client_id,
                "current_actor": chain[0] if chain else None,
                "actor_chain": chain,
                "scopes": sorted(token.scopes),
                "organization": token.organization,
            }
        )


class NoteViewSet(RecordedView, ModelViewSet[Note]):
    """The caller's own notes. Other users' notes look like notes that do not exist."""

    permission_classes = (HasScope("read:private", to_write="write:private"),)  # type: ignore[assignment] # see RecordedView
    serializer_class = NoteSerializer

    def get_queryset(self) -> QuerySet[Note]:
        token = token_of(self.request)
        return Note.objects.filter(issuer=token.issuer, owner=token.subject)

    def perform_create(self, serializer: BaseSerializer[Note]) -> None:
        token = token_of(self.request)
        serializer.save(issuer=token.issuer, owner=token.subject)


def _described(actor: Actor) -> dict[str, Any]:
    profiles = {"sub_profile": list(actor.sub_profile), "client_profile": list(actor.client_profile)}
    return actor.members() | {name: names for name, names in profiles.items() if names}
