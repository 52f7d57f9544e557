import uuid

from django.db import models
from django.utils import timezone

from on_behalf_of.resource_server.claims import MAX_IDENTIFIER


class Note(models.Model):
    """A note that belongs to one user of one issuer."""

    # Random, because sequential numbers would reveal how many notes there are.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.CharField(max_length=MAX_IDENTIFIER, editable=False)
    owner = models.CharField(max_length=MAX_IDENTIFIER, editable=False, help_text="The user's subject at the issuer.")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=["issuer", "owner", "-created_at", "id"], name="note_by_owner"),)

    def __str__(self) -> str:
        return self.title
