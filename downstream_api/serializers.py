from rest_framework import serializers

from downstream_api.models import Note


class NoteSerializer(serializers.ModelSerializer[Note]):
    body = serializers.CharField(max_length=10_000, allow_blank=True, default="", trim_whitespace=False)

    class Meta:
        model = Note
        fields = ("id", "title", "body", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")
