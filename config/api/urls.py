from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_safe

from on_behalf_of.audit.triggers import missing_triggers
from on_behalf_of.diagnosis.explaining.page import explain_token
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.browsable.account import account_bar
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.serving import error_pages
from on_behalf_of.serving.health import database_answers, healthz, readiness

admin.site.site_header = admin.site.site_title = "Delegated access"
admin.site.index_title = "Review"
if not settings.MANAGES_ACCOUNTS:
    admin.site.unregister((User, Group))


def _keys_are_held() -> bool:
    return token_verifier(api_configuration()).keys.ready()


def _log_is_protected() -> bool:
    return not missing_triggers(connection)


@require_safe
def _home(request: HttpRequest) -> HttpResponse:
    configuration = api_configuration()
    shown = {
        "is_described": configuration.is_described,
        "is_development": settings.DEBUG,
    }
    return render(request, "config/api_home.html", account_bar(request) | shown)


handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.server_error

urlpatterns = [
    path("", _home, name="home"),
    path("explain", explain_token, name="explain"),
    path("", include("downstream_api.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path(
        "readyz",
        readiness(database=database_answers, keys=_keys_are_held, audit_triggers=_log_is_protected),
    ),
]
