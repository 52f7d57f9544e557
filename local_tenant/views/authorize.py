from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from local_tenant.authentication import logged_in_tenant_user
from local_tenant.authorization_code import issue_code
from local_tenant.authorization_request import (
    AuthorizationRequest,
    RefusedHere,
    RefusedToClient,
    read_authorization_request,
)
from local_tenant.models import Permission, TenantUser
from local_tenant.oauth_errors import AccessDenied
from local_tenant.oauth_parameters import MalformedRequest, Parameters, query_parameters
from local_tenant.permitted_scopes import delegated_scopes, oidc_scopes
from local_tenant.provider_settings import OIDC_SCOPES
from local_tenant.views.error_page import error_page
from local_tenant.views.leading_page import leading_page
from local_tenant.views.long_redirect import MAX_URL, LongRedirect


@method_decorator([never_cache, require_http_methods(["GET", "HEAD", "POST"])], name="dispatch")
class AuthorizeView(View):
    """The authorization endpoint, RFC 6749 §3.1.

    The consent form keeps the request in its URL, and the request is checked again when the form is submitted: the
    form itself only says yes or no. The user is asked every time, because a public client cannot prove its identity
    (RFC 6749 §10.2).
    """

    def dispatch(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        try:
            return self._answer(request, query_parameters(request.META.get("QUERY_STRING", "")))
        except MalformedRequest as error:
            return error_page(request, "invalid_request", error.description, status=error.status)
        except RefusedHere as error:
            return error_page(
                request,
                error.error,
                error.description,
                remedy=error.remedy,
                client_id=error.client_id,
                advice=error.advice,
            )
        except RefusedToClient as error:
            return LongRedirect(error.location)

    def _answer(self, request: HttpRequest, parameters: Parameters) -> HttpResponseBase:
        asked_for = read_authorization_request(parameters)
        login_url = _login_url(request, parameters)
        if len(login_url) > MAX_URL:  # the server would refuse it, and the login would be lost
            raise RefusedToClient(asked_for.client, "invalid_request", "The request is too long: shorten its state.")
        user = self._user(request, asked_for)
        if user is None:
            return LongRedirect(login_url)
        scopes = _scopes(asked_for, user)
        if request.method == "POST":
            return self._decide(request, asked_for, user, scopes)
        return _consent_page(request, asked_for, user, scopes, login_url)

    @staticmethod
    def _user(request: HttpRequest, asked_for: AuthorizationRequest) -> TenantUser | None:
        """Return the user who is asked for consent; None if a user must log in first."""
        user = logged_in_tenant_user(request)
        if "none" in asked_for.prompt:  # OpenID Connect Core §3.1.2.6: no page may be shown
            error = "consent_required" if user else "login_required"
            raise RefusedToClient(asked_for.client, error, "The user must log in or consent first.")
        return None if asked_for.prompt & {"login", "select_account"} else user

    @staticmethod
    def _decide(
        request: HttpRequest, asked_for: AuthorizationRequest, user: TenantUser, scopes: list[str]
    ) -> HttpResponseBase:
        if request.POST.get("decision") != "allow":
            raise RefusedToClient(asked_for.client, "access_denied", "The user denied the request.")
        shown = request.POST.get("shown", "").split()  # grant only what the page showed
        code = issue_code(asked_for, user, [scope for scope in scopes if scope in shown])
        return LongRedirect(asked_for.client.response_url(code=code))


def _scopes(asked_for: AuthorizationRequest, user: TenantUser) -> list[str]:
    try:
        delegated = delegated_scopes(
            asked_for.asked or None,
            application=asked_for.client.application,
            api=asked_for.api,
            user=user,
            organization=asked_for.organization,
        )
    except AccessDenied as error:
        raise RefusedToClient(asked_for.client, "access_denied", error.description) from error
    return [*oidc_scopes(asked_for.asked, asked_for.api), *delegated]


def _consent_page(
    request: HttpRequest, asked_for: AuthorizationRequest, user: TenantUser, scopes: list[str], login_url: str
) -> HttpResponseBase:
    described = dict(Permission.objects.filter(api=asked_for.api).values_list("value", "description")) | OIDC_SCOPES
    withheld = [scope for scope in asked_for.asked if scope not in scopes and scope in described]
    context = {
        "asked_for": asked_for,
        "application": asked_for.client.application,
        "tenant_user": user,
        "scopes": [(scope, described.get(scope) or scope) for scope in scopes],
        "shown": " ".join(scopes),
        "withheld": withheld,
        "login_url": login_url,
    }
    return leading_page(request, "local_tenant/consent.html", context)


def _login_url(request: HttpRequest, parameters: Parameters) -> str:
    """Return the login page's URL, which then resumes the request, without `prompt`, which the login satisfies."""
    back = urlencode([(name, value) for name, value in parameters if name != "prompt"])
    return f"{reverse('login')}?{urlencode({'next': f'{request.path}?{back}'})}"
