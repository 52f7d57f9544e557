from typing import Any

from rest_framework import serializers

from downstream_api.models import Note
from on_behalf_of.drf.fields import SAYS_SOMETHING, Text


class NoteSerializer(serializers.ModelSerializer[Note]):
    title = Text(max_length=200, validators=[SAYS_SOMETHING], help_text="One line.")
    body = Text(max_length=10_000, allow_blank=True, default="", help_text="The note's text.")

    class Meta:
        model = Note
        fields = ("id", "title", "body", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")


# The serializers below only describe responses. The views return dicts, which are faster.


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class ActorSerializer(serializers.Serializer[Any]):
    sub = serializers.CharField(help_text="The actor's id at its issuer.")
    client_id = serializers.CharField(required=False, help_text="The agent's client, if the actor is an agent.")
    iss = serializers.CharField(required=False, help_text="The actor's issuer, if it differs from the token's.")
    sub_profile = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The kind of actor, such as `ai_agent`."
    )
    client_profile = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The kind of client that the agent uses."
    )


class CallSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(help_text="The user on whose behalf the call is made.")
    client_id = serializers.CharField(help_text="The client to which the token was issued.")
    current_actor = ActorSerializer(allow_null=True, help_text="Who acts for the user now; null if no one does.")
    actor_chain = ActorSerializer(many=True, help_text="All actors, current actor first (RFC 8693 §4.1).")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="The token's scopes, sorted.")
    organization = serializers.CharField(allow_null=True, help_text="The organization that the user logged in to.")
