"""Records of tool calls. Imports no SDK and no HTTP client, because the API's admin shows them too."""

from django.db import models
from django.utils import timezone

from on_behalf_of.mcp.records.token_origin import TokenOrigin
from on_behalf_of.primitives.call_error import Outcome

MAX_IDENTIFIER = 255  # characters; longer ones are refused when the token is verified


class ToolCall(models.Model):
    """One call of one tool: who called which tool, through whom, and how it ended.

    Best effort: records are queued, dropped if the database is too slow or down, and not sealed. What happened at the
    API is in the API's own log, whose rows have the same trace id.
    """

    time = models.DateTimeField(default=timezone.now)
    tool = models.CharField(max_length=128, help_text="As the client wrote it, so it may not exist.")
    issuer = models.CharField(max_length=MAX_IDENTIFIER)
    subject = models.CharField(max_length=MAX_IDENTIFIER, help_text="The user who is logged in at the client.")
    client_id = models.CharField("client", max_length=MAX_IDENTIFIER)
    actor = models.CharField(
        "current actor", max_length=MAX_IDENTIFIER, blank=True, help_text="Empty if the token names no actor."
    )
    actor_chain = models.JSONField(default=list, help_text="The act claim of the client's token, outermost first.")
    organization = models.CharField(max_length=MAX_IDENTIFIER, blank=True)
    scopes = models.JSONField(default=list, help_text="Scopes that the client's token holds.")
    exchange = models.CharField(
        max_length=9,
        choices=[(each.value, each.value) for each in TokenOrigin],
        help_text="Whether a token for the API was exchanged for this call, or came from the cache.",
    )
    outcome = models.CharField(max_length=10, choices=[(each.value, each.value.replace("_", " ")) for each in Outcome])
    reason = models.CharField(max_length=64, blank=True)
    duration_ms = models.PositiveIntegerField("duration (ms)")
    trace_id = models.CharField(max_length=32, help_text="W3C trace id; the API's rows of this call carry it too.")
    trace_from_caller = models.BooleanField(help_text="The client chose the trace id, so it proves nothing.")
    request_id = models.CharField("JSON-RPC id", max_length=64, blank=True)
    arguments_digest = models.CharField(
        max_length=64, blank=True, help_text="Keyed digest (HMAC-SHA256) of the arguments, which are not kept."
    )

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=["subject", "-id"], name="tool_call_by_subject"),
            models.Index(fields=["tool", "-id"], name="tool_call_by_tool"),
            models.Index(fields=["trace_id"], name="tool_call_by_trace"),
            models.Index(fields=["time"], name="tool_call_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.tool}: {self.outcome}"  # no identifiers, because titles show them unescaped
