"""The log of accesses and what belongs to it: operations on the log, seals, tombstones, verifications, and counts."""

from django.db import models
from django.utils import timezone

from on_behalf_of.audit.append_only import AppendOnly, SealedRow

MAX_IDENTIFIER = 255  # characters; longer ones are refused when the token is verified


class Decision(models.TextChoices):
    ALLOWED = "allowed"
    REFUSED = "refused"
    FAILED = "failed"


class DelegatedAccess(SealedRow):
    """One authenticated call: who asked, for whom, through which actors, for what, and what was decided.

    Every text is bounded and free of control characters. Neither the token nor the query string is ever stored.
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
    request_id = models.CharField(max_length=32, help_text="Also in the response header X-Request-ID.")
    trace_id = models.CharField(max_length=32, help_text="W3C trace id.")
    trace_from_caller = models.BooleanField(help_text="The caller chose the trace id, so it proves nothing.")
    issuer = models.CharField(max_length=MAX_IDENTIFIER)
    subject = models.CharField(max_length=MAX_IDENTIFIER, help_text="The user on whose behalf the call was made.")
    client_id = models.CharField("client", max_length=MAX_IDENTIFIER)
    organization = models.CharField(max_length=MAX_IDENTIFIER, blank=True)
    actor = models.CharField(
        "current actor", max_length=MAX_IDENTIFIER, blank=True, help_text="Empty if the token names no actor."
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
        # All but the last end with the time, so that the newest rows with one value, also within a period, are one
        # range of one index: the admin never sorts or scans the table.
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


class LogOperation(SealedRow):
    """An operation on the log as a whole, such as an export. Sealed like the accesses."""

    LOG = "operation"
    FORMATS = {1: ("time", "kind", "by", "what", "filters", "count")}  # noqa: RUF012 - a ClassVar in the base

    class Kind(models.TextChoices):
        EXPORT = "export"
        PRUNE = "prune"
        ROTATE_KEY = "rotate-key"

    time = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    by = models.CharField(max_length=255, help_text="The administrator's user name, or the system user of a command.")
    what = models.CharField(max_length=64, help_text="Such as the format of an export.")
    filters = models.JSONField(default=dict, help_text="Which rows were requested.")
    count = models.PositiveBigIntegerField(null=True, help_text="Number of rows, if it was known beforehand.")

    class Meta(SealedRow.Meta):
        ordering = ("-id",)
        indexes = (models.Index(fields=["time"], name="operation_by_time"),)

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"


class Seal(AppendOnly):
    """A signature over the rows of one log, from the end of the log's previous seal to the end of this one.

    A row's position is the transaction that wrote it (0 on SQLite, where only one writes at a time), then its id. All
    seals form one chain.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    time = models.DateTimeField()
    log = models.CharField(max_length=16)
    count = models.PositiveIntegerField(help_text="Rows under this seal; none if an hour passed without calls.")
    total = models.PositiveBigIntegerField(help_text="Rows of this log under this seal and all before it.")
    end_transaction = models.PositiveBigIntegerField()
    end_id = models.PositiveBigIntegerField()
    entries = models.TextField(blank=True, help_text="Id and digest of each row, in order, one row per line.")
    entries_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True, help_text="Digest of the previous seal.")
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128, help_text="Ed25519, hexadecimal.")
    digest = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        ordering = ("-number",)
        indexes = (models.Index(fields=["log", "end_transaction", "end_id", "number"], name="seal_by_end"),)

    def __str__(self) -> str:
        return f"Seal {self.number}"


class Tombstone(AppendOnly):
    """A signed statement that replaces pruned rows and seals, and says where the chain continues."""

    through = models.PositiveBigIntegerField(primary_key=True, help_text="Number of the last seal that was pruned.")
    time = models.DateTimeField()
    before = models.DateTimeField(help_text="Everything that was pruned was sealed before this time.")
    ends = models.JSONField(help_text="For each log: end_transaction, end_id, total.")
    seal_digest = models.CharField(max_length=64, help_text="Digest of the last seal that was pruned.")
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128)

    class Meta(AppendOnly.Meta):
        ordering = ("-through",)

    def __str__(self) -> str:
        return f"Seals up to {self.through} were pruned"


class Verification(models.Model):
    """The result of a run of audit_verify, for the dashboard. It is not protected, so it is no proof."""

    class Verdict(models.TextChoices):
        INTACT = "intact"
        BROKEN = "broken"
        CANNOT_TELL = "cannot tell"

    time = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    finding = models.TextField(blank=True)
    last_seal = models.PositiveBigIntegerField(null=True)
    rows = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.verdict} at {self.time}"


class RefusedTokens(models.Model):
    """The number of calls without a valid token in one minute. Best effort, and not part of the sealed log."""

    minute = models.DateTimeField()
    process = models.CharField(max_length=16, help_text="Each process keeps its own counts.")
    route = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=64)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-minute", "route", "reason")
        verbose_name = verbose_name_plural = "refused tokens"
        constraints = (
            models.UniqueConstraint(fields=["minute", "process", "route", "reason"], name="one_count_each_minute"),
        )

    def __str__(self) -> str:
        return f"{self.count} times {self.reason}"
