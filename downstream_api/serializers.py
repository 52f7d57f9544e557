from typing import Any, ClassVar

from django.core.validators import RegexValidator
from rest_framework import serializers

from downstream_api.models import Note
from downstream_api.nul import NAMED, NUL

# Written so that Python and JavaScript (ECMA-262), whose classes of blanks differ, read it alike.
_BLANKS = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
)
SAYS_SOMETHING = RegexValidator(
    rf"^[^\u0000]*[^{_BLANKS}][^\u0000]*$", "This field may not be blank.", code="blank"
)  # at least one visible character


class Text(serializers.CharField):
    """A JSON string, kept as it is; DRF's own field also converts numbers and strips blanks.

    A NUL is refused first, so that it is the only error reported.
    """

    default_error_messages: ClassVar = {"nul": "{field} must not hold {nul}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if NUL in data:
            self.fail("nul", field=self.field_name, nul=NAMED)
        return super().to_internal_value(data)


class NoteSerializer(serializers.ModelSerializer[Note]):
    title = Text(max_length=200, validators=[SAYS_SOMETHING], help_text="One line.")
    body = Text(max_length=10_000, allow_blank=True, default="", help_text="What the note says.")

    class Meta:
        model = Note
        fields = ("id", "title", "body", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")


# The two below describe what views answer; a dict is quicker than a serializer, and these views are called most.


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class ActorSerializer(serializers.Serializer[Any]):
    sub = serializers.CharField(help_text="The actor's id at its issuer.")
    client_id = serializers.CharField(required=False, help_text="The agent's client, where the actor is an agent.")
    iss = serializers.CharField(required=False, help_text="The actor's issuer, where it is another one.")
    sub_profile = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What the actor is, such as `ai_agent`."
    )
    client_profile = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What the agent's client is."
    )


class CallSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(help_text="The user on whose behalf the call is made.")
    client_id = serializers.CharField(help_text="The client to which the token was issued.")
    current_actor = ActorSerializer(allow_null=True, help_text="Who acts for the user now; null where nobody does.")
    actor_chain = ActorSerializer(many=True, help_text="Everybody who acted, current actor first (RFC 8693 §4.1).")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What the token allows, sorted.")
    organization = serializers.CharField(allow_null=True, help_text="The organization that the user logged in to.")
