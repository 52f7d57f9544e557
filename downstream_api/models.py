import uuid

from django.db import models
from django.utils import timezone

from downstream_api.audit.append_only import SealedRow
from downstream_api.audit.models import LogOperation, RefusedTokens, Seal, Tombstone, Verification

__all__ = ["Decision", "DelegatedAccess", "LogOperation", "Note", "RefusedTokens", "Seal", "Tombstone", "Verification"]

MAX_IDENTIFIER = 255  # characters; longer ones are refused when the token is verified


class Note(models.Model):
    """A text that belongs to one user of one issuer."""

    # Random, for numbers in sequence would tell how many notes others have.
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


class Decision(models.TextChoices):
    ALLOWED = "allowed"
    REFUSED = "refused"
    FAILED = "failed"


class DelegatedAccess(SealedRow):
    """One authenticated call: who asked, for whom, through which actors, for what, and what was decided.

    Every text is bounded and free of control characters. Neither token nor query string is ever stored.
    """

    LOG = "access"
    FORMATS = {  # noqa: RUF012 - a ClassVar in the base
        1: (
            *("time", "request_id", "trace_id", "trace_from_caller"),
            *("issuer", "subject", "client_id", "organization", "actor", "actor_chain", "token_id"),
            *("scopes", "scopes_required", "method", "path", "route"),
            *("status", "decision", "reason", "source_address", "duration_ms"),
        )
    }

    time = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=32, help_text="Also in the answer's X-Request-ID.")
    trace_id = models.CharField(max_length=32, help_text="W3C trace id.")
    trace_from_caller = models.BooleanField(help_text="The caller chose the trace id, so it proves nothing.")
    issuer = models.CharField(max_length=MAX_IDENTIFIER)
    subject = models.CharField(max_length=MAX_IDENTIFIER, help_text="The user on whose behalf the call was made.")
    client_id = models.CharField("client", max_length=MAX_IDENTIFIER)
    organization = models.CharField(max_length=MAX_IDENTIFIER, blank=True)
    actor = models.CharField(
        "current actor", max_length=MAX_IDENTIFIER, blank=True, help_text="Empty where nobody acts for the user."
    )
    actor_chain = models.JSONField(default=list, help_text="The whole act claim, current actor first.")
    token_id = models.CharField(max_length=MAX_IDENTIFIER + 8, help_text="The token's jti, or its SHA-256.")
    scopes = models.JSONField(default=list, help_text="Scopes that the token holds.")
    scopes_required = models.JSONField(default=list, help_text="Scopes that the operation asks for.")
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=512)
    route = models.CharField(max_length=512, blank=True)
    status = models.PositiveSmallIntegerField()
    decision = models.CharField(max_length=8, choices=Decision.choices)
    reason = models.CharField(max_length=64, blank=True)
    source_address = models.GenericIPAddressField(null=True)
    duration_ms = models.PositiveIntegerField("duration (ms)")

    class Meta(SealedRow.Meta):
        verbose_name = "delegated access"
        verbose_name_plural = "delegated access log"
        ordering = ("-id",)
        permissions = (("export_delegatedaccess", "Can export delegated access"),)
        # Each ends with the time, so that the newest rows of one value, or of one value within a period, are one range
        # of one index: the admin never sorts or walks the table.
        indexes = (
            models.Index(fields=["time"], name="access_by_time"),
            models.Index(fields=["subject", "time"], name="access_by_subject"),
            models.Index(fields=["actor", "time"], name="access_by_actor"),
            models.Index(fields=["route", "time"], name="access_by_route"),
            models.Index(fields=["decision", "time"], name="access_by_decision"),
            models.Index(fields=["reason", "time"], name="access_by_reason"),
            models.Index(fields=["trace_id", "time"], name="access_by_trace"),
            models.Index(fields=["token_id", "time"], name="access_by_token"),
            models.Index(fields=["request_id"], name="access_by_request"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} for {self.subject}: {self.status}"
