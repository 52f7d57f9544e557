from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from downstream_api.models import DelegatedAccess, Note


@admin.register(DelegatedAccess)
class DelegatedAccessAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's class takes none at run time
    """The audit log, for reading only: superusers cannot change it here either."""

    list_display = ("time", "subject", "chain", "call", "decision_label", "reason")
    list_filter = ("decision",)
    search_fields = ("=subject", "=actor", "=token_id", "=request_id", "=trace_id")
    search_help_text = "An exact subject, current actor, token id, request id or trace id."
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="delegation")
    def chain(self, row: DelegatedAccess) -> SafeString:
        """user → original client → … → current actor → API, as the call travelled."""
        hops = [level.get("client_id") or level["sub"] for level in reversed(row.actor_chain)] or [row.client_id]
        return format_html_join(" → ", "{}", [(hop,) for hop in [row.subject, *hops, "API"]])

    @admin.display(description="call")
    def call(self, row: DelegatedAccess) -> str:
        return f"{row.method} {row.path}"

    @admin.display(description="decision", ordering="decision")
    def decision_label(self, row: DelegatedAccess) -> SafeString:
        return format_html('<span class="decision decision-{0}">{0} {1}</span>', row.decision, row.status)


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's class takes none at run time
    """Users' own texts: an administrator sees whose they are, and can remove them."""

    list_display = ("title", "owner", "created_at")
    search_fields = ("=owner",)
    readonly_fields = ("issuer", "owner", "title", "body", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False
