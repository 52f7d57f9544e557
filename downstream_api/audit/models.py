"""What stands beside the log of accesses: operations on the log itself, the seals, and what became of old rows."""

from django.db import models
from django.utils import timezone

from downstream_api.audit.append_only import AppendOnly, SealedRow


class LogOperation(SealedRow):
    """Somebody did something with the log as a whole. Sealed like the accesses."""

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
    filters = models.JSONField(default=dict, help_text="Which rows were asked for.")
    count = models.PositiveBigIntegerField(null=True, help_text="How many rows, where it was known beforehand.")

    class Meta(SealedRow.Meta):
        ordering = ("-id",)
        indexes = (models.Index(fields=["time"], name="operation_by_time"),)

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"


class Seal(AppendOnly):
    """A signature over the rows of one log, from where the log's previous seal ended to where this one ends.

    Rows have a position: the transaction that wrote them (0 on SQLite, where one writes at a time), then their id.
    All seals form one chain.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    time = models.DateTimeField()
    log = models.CharField(max_length=16)
    count = models.PositiveIntegerField(help_text="Rows under this seal; an hour without calls is sealed with none.")
    total = models.PositiveBigIntegerField(help_text="Rows of this log under this seal and all before it.")
    end_transaction = models.PositiveBigIntegerField()
    end_id = models.PositiveBigIntegerField()
    entries = models.TextField(blank=True, help_text="Id and digest of each row, in order, one row a line.")
    entries_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True, help_text="Digest of the seal before.")
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128, help_text="Ed25519, hexadecimal.")
    digest = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        ordering = ("-number",)
        indexes = (models.Index(fields=["log", "end_transaction", "end_id", "number"], name="seal_by_end"),)

    def __str__(self) -> str:
        return f"Seal {self.number}"


class Tombstone(AppendOnly):
    """What is left of rows and seals that were pruned: where the chain goes on, signed."""

    through = models.PositiveBigIntegerField(primary_key=True, help_text="Number of the last seal that was pruned.")
    time = models.DateTimeField()
    before = models.DateTimeField(help_text="Everything pruned was sealed before this.")
    ends = models.JSONField(help_text="For each log: end_transaction, end_id, total.")
    seal_digest = models.CharField(max_length=64, help_text="Digest of the last seal that was pruned.")
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128)

    class Meta(AppendOnly.Meta):
        ordering = ("-through",)

    def __str__(self) -> str:
        return f"Seals up to {self.through} were pruned"


class Verification(models.Model):
    """How a run of audit_verify ended. For the reviewers' dashboard; proves nothing, and is not protected."""

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
    """How many calls without a good token there were in a minute. Best effort, and no part of the sealed log."""

    minute = models.DateTimeField()
    process = models.CharField(max_length=16, help_text="Each process counts for itself.")
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
