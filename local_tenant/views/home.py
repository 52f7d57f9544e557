from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from local_tenant.authentication import logged_in_tenant_user
from local_tenant.models import Api
from local_tenant.seed import DEVELOPMENT_STAFF, DEVELOPMENT_USERS


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Render a page that says what the tenant is, who can log in, and where to go."""
    context = {
        "issuer": settings.LOCAL_TENANT.issuer,
        "development_users": DEVELOPMENT_USERS,
        "development_staff": DEVELOPMENT_STAFF,
        "apis": Api.objects.prefetch_related("permissions"),
        "tenant_user": logged_in_tenant_user(request),
    }
    return render(request, "local_tenant/home.html", context)
