from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.urls import include, path
from django.views.generic import TemplateView

from config import error_pages
from config.explaining.page import explain_token
from config.health import database_answers, healthz, readiness
from downstream_api.admin import dashboard
from downstream_api.audit.triggers import missing_triggers
from downstream_api.authentication import token_verifier

admin.site.site_header = admin.site.site_title = "Delegated access"
admin.site.index_title = "Review"
if not settings.MANAGES_ACCOUNTS:
    admin.site.unregister((User, Group))


def _keys_are_held() -> bool:
    return token_verifier(settings.DOWNSTREAM_API).keys.ready()


def _log_is_protected() -> bool:
    return not missing_triggers(connection)


def _is_development() -> bool:
    return bool(settings.DEBUG)


handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.server_error

urlpatterns = [
    path(
        "",
        TemplateView.as_view(
            template_name="config/api_home.html",
            extra_context={"login": settings.DOWNSTREAM_API.login, "is_development": _is_development},
        ),
        name="home",
    ),
    path("explain", explain_token, name="explain"),
    path("", include("downstream_api.urls")),
    path("admin/audit/", include(dashboard.urls)),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path(
        "readyz",
        readiness(database=database_answers, keys=_keys_are_held, audit_triggers=_log_is_protected),
    ),
]
