"""Tool calls for reviewers, in the API's admin. Imports no SDK and no HTTP client."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.declared_tools import declared_tools
from on_behalf_of.mcp.models import ToolCall
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.mcp.tool_usage import usage
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.visible_text import escaped
from on_behalf_of.setting import is_declared

MOST_COUNTED = 10_000  # rows; people don't page further, and counting a whole large table takes seconds
# The labels of the API's log, because the page uses its style sheet.
LABELS = {Outcome.OK: "allowed", Outcome.REFUSED: "refused"}


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # Django's class takes none at run time
    @cached_property
    def count(self) -> int:
        counted: int = self.object_list.order_by()[:MOST_COUNTED].count()  # type: ignore[attr-defined] # a queryset
        return counted


@admin.register(ToolCall)
class ToolCallAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's class takes none at run time
    """For reading only: superusers cannot change these records either."""

    change_list_template = "admin/obo_mcp/calls.html"
    list_display = ("time", "user", "tool", "outcome_label", "reason", "api", "client", "exchange", "duration_ms")
    list_filter = ("outcome", "exchange")
    search_fields = ("=trace_id", "=subject", "=tool")
    search_help_text = "An exact trace id, user or tool."
    sortable_by = ("time",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count whole tables
    paginator = BoundedPaginator
    actions = None
    fields = readonly_fields = (
        *("time", "tool", "outcome_label", "reason", "duration_ms", "user", "issuer", "client", "actors"),
        *("of_organization", "scopes", "exchange", "trace_id", "trace_from_caller", "api", "request_id"),
        "arguments_digest",
    )

    class Media:
        css: ClassVar = {"all": ("on_behalf_of/audit.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Tool calls of the bridge", **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        tools = path("tools/", self.admin_site.admin_view(self.tools_view), name="obo_mcp_toolcall_tools")
        return [tools, *super().get_urls()]

    @method_decorator(require_safe)
    def tools_view(self, request: HttpRequest) -> HttpResponse:
        """Show which tools there are, where they come from, and how often they were called and refused."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        tools, trouble = _tools()
        found = usage(tools)
        context = {
            **self.admin_site.each_context(request),
            "title": "Tools",
            "usage": found,
            "others": [(name, visible(name), counts) for name, counts in found.others],
            "trouble": trouble,
        }
        return TemplateResponse(request, "admin/obo_mcp/tools.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="user")
    def user(self, row: ToolCall) -> SafeString:
        return visible(row.subject)

    @admin.display(description="client")
    def client(self, row: ToolCall) -> SafeString:
        return visible(row.client_id)

    @admin.display(description="acting for the user")
    def actors(self, row: ToolCall) -> SafeString:
        """Return the actors in the client's token, the current actor first."""
        return visible(", for ".join(str(level["sub"]) for level in row.actor_chain))

    @admin.display(description="organization")
    def of_organization(self, row: ToolCall) -> SafeString:
        return visible(row.organization)

    @admin.display(description="outcome")
    def outcome_label(self, row: ToolCall) -> SafeString:
        label = LABELS.get(Outcome(row.outcome), "failed")
        return format_html('<span class="label {}">{}</span>', label, row.get_outcome_display())

    @admin.display(description="calls at the API")
    def api(self, row: ToolCall) -> SafeString | str:
        """Link to the rows of the API's log with the same trace id."""
        try:
            log = reverse("admin:obo_audit_delegatedaccess_changelist")
        except NoReverseMatch:  # this admin does not show the API's log
            return ""
        return format_html('<a href="{}?{}">{}</a>', log, urlencode({"q": row.trace_id}), f"trace {row.trace_id[:8]}…")


def _tools() -> tuple[list[Tool], str]:
    """Return the tools that this process knows, and what is wrong with their declaration, if anything is."""
    try:
        registry = declared_tools(bridge_configuration()) if is_declared("MCP") else ToolRegistry()
        tools = list(registry)
        registry.check_generated()
    except ImproperlyConfigured as wrong:
        return [], str(wrong)
    return tools, ""


def visible(text: str) -> SafeString:
    """Return an identifier that others chose, with its text direction isolated from the text around it."""
    return format_html("<bdi>{}</bdi>", escaped(text))
