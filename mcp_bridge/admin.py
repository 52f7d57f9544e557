"""Tool calls for reviewers, in the API's admin. Imports no SDK and no HTTP client."""

from urllib.parse import urlencode

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mcp_bridge.models import ToolCall

MOST_COUNTED = 10_000  # rows; nobody turns as many pages, and counting all of a large table takes seconds


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # Django's class takes none at run time
    @cached_property
    def count(self) -> int:
        counted: int = self.object_list.order_by()[:MOST_COUNTED].count()  # type: ignore[attr-defined] # a queryset
        return counted


@admin.register(ToolCall)
class ToolCallAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's class takes none at run time
    """For reading only: superusers cannot change these records either."""

    list_display = ("time", "subject", "client_id", "tool", "outcome_label", "reason", "exchange", "duration_ms", "api")
    list_filter = ("outcome", "exchange")
    search_fields = ("=trace_id", "=subject", "=tool")
    search_help_text = "An exact trace id, subject or tool."
    show_full_result_count = False
    paginator = BoundedPaginator
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def get_fields(self, request: HttpRequest, obj: ToolCall | None = None) -> list[str]:  # type: ignore[override] # a narrower type
        return [*(str(field) for field in super().get_fields(request, obj) if field != "api"), "api"]

    def get_readonly_fields(self, request: HttpRequest, obj: ToolCall | None = None) -> tuple[str, ...]:
        return (*(str(each) for each in super().get_readonly_fields(request, obj)), "api")

    @admin.display(description="outcome", ordering="outcome")
    def outcome_label(self, row: ToolCall) -> SafeString:
        return format_html('<span class="decision outcome-{}">{}</span>', row.outcome, row.get_outcome_display())

    @admin.display(description="calls at the API")
    def api(self, row: ToolCall) -> SafeString | str:
        """The rows of the API's log that carry the same trace id."""
        try:
            log = reverse("admin:downstream_api_delegatedaccess_changelist")
        except NoReverseMatch:  # this admin does not show the API's log
            return ""
        return format_html('<a href="{}?{}">{}</a>', log, urlencode({"q": row.trace_id}), f"trace {row.trace_id[:8]}…")
