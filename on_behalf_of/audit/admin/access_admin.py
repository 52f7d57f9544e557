import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from on_behalf_of.audit.admin import exporting, reasons, seals
from on_behalf_of.audit.admin.dashboard import dashboard
from on_behalf_of.audit.admin.delegation import hops, picture
from on_behalf_of.audit.admin.filters import AccessFilter
from on_behalf_of.audit.admin.newest_first import COLUMNS, Page, Place, page_after, page_before
from on_behalf_of.audit.admin.read_only import ReadOnlyAdmin
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.primitives.nul import explains_nul

logger = logging.getLogger(__name__)


@admin.register(DelegatedAccess)
class DelegatedAccessAdmin(ReadOnlyAdmin):
    """The audit log: its list, its rows and its export, on custom pages instead of Django's forms."""

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "export/<str:form>/",
            self.admin_site.admin_view(self.export_view),
            name="obo_audit_delegatedaccess_export",
        )
        summary = path("dashboard/", self.admin_site.admin_view(dashboard), name="obo_audit_dashboard")
        return [summary, export, *super().get_urls()]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("obo_audit.export_delegatedaccess")

    @explains_nul
    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = AccessFilter(request.GET)
        page = _page(request, asked) if asked.is_valid() else Page([])
        link = _linker(asked)
        return self._answer(
            request,
            "change_list",
            title="Audit log of delegated access",
            filter=asked,
            rows=[(row, hops(row)) for row in page.rows],
            page=page,
            newest=link() if "before" in request.GET or "after" in request.GET else "",
            newer=link(after=page.newer) if page.newer else "",
            older=link(before=page.older) if page.older else "",
            may_export=asked.is_valid() and self.has_export_permission(request),
            forms=exporting.FORMS,
            query=urlencode(asked.values),
            **(extra_context or {}),
        )

    @method_decorator(require_safe)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = DelegatedAccess.objects.filter(pk=object_id).first() if _is_id(object_id) else None
        if row is None:
            messages.warning(request, "There is no such row in the audit log.")
            return HttpResponseRedirect(reverse("admin:obo_audit_delegatedaccess_changelist"))
        return self._answer(
            request,
            "change_form",
            title=f"Call {row.pk}",
            row=row,
            picture=picture(row),
            explanation=reasons.explanation(row),
            scopes=_scopes(row),
            seal=seals.verdict(row),
            **(extra_context or {}),
        )

    @explains_nul
    # An export leaves a record, so neither a link nor a prefetching browser may cause one.
    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        if not self.has_export_permission(request):
            raise PermissionDenied
        asked = AccessFilter(request.GET)
        if form not in exporting.FORMS or not asked.is_valid():
            messages.error(request, "These filters cannot be exported; correct them first.")
            return HttpResponseRedirect(reverse("admin:obo_audit_delegatedaccess_changelist"))
        try:
            return exporting.export(request.user.get_username(), form, asked)
        except DatabaseError:
            logger.exception("An export could not be recorded, so nothing was exported.")
            return HttpResponse("This export cannot be recorded at the moment; try again.", "text/plain", 503)

    def _answer(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            f"admin/obo_audit/delegatedaccess/{name}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )


def _page(request: HttpRequest, asked: AccessFilter) -> Page:
    try:
        if after := request.GET.get("after"):
            return page_after(asked, Place.parse(after), columns=COLUMNS)
        before = request.GET.get("before")
        return page_before(asked, Place.parse(before) if before else None, columns=COLUMNS)
    except ValueError:
        messages.warning(request, "The link names no place in the log; these are the newest rows.")
        return page_before(asked, None, columns=COLUMNS)


def _linker(asked: AccessFilter) -> Callable[..., str]:
    def link(**place: Place) -> str:
        return "?" + urlencode(asked.values | {name: str(value) for name, value in place.items()})

    return link


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:20]) < 2**63


def _scopes(row: DelegatedAccess) -> list[tuple[str, bool, bool]]:
    """Return each relevant scope: its name, whether the token held it, whether the operation needed it."""
    held, needed = (
        [str(scope) for scope in scopes] if isinstance(scopes, list) else []
        for scopes in (row.scopes, row.scopes_required)
    )
    names = dict.fromkeys([*needed, *held])
    return [(name, name in held, name in needed) for name in names]
