from urllib.parse import urlsplit

from django import forms
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from local_tenant.authentication import TenantUserBackend, logged_in_tenant_user
from local_tenant.authorization_request import RefusedHere, RefusedToClient, read_authorization_request
from local_tenant.login_throttle import count_failure, is_throttled
from local_tenant.oauth_parameters import MalformedRequest, query_parameters
from local_tenant.seed import DEVELOPMENT_USERS
from local_tenant.views.leading_page import leading_page
from local_tenant.views.long_redirect import LongRedirect


class LoginForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponseBase:
    """Log in a user of the tenant. `next` in the URL is where to go afterwards; only paths of this site count."""
    back = request.GET.get("next", "")
    if not is_local(back):
        back = reverse("home")
    form = LoginForm(request.POST or None, initial={"email": _login_hint(back)}, label_suffix="")
    status = 200
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if is_throttled(request, email):
            form.add_error(None, "Too many failed attempts. Wait five minutes, then try again.")
            status = 429
        elif user := TenantUserBackend().authenticate(request, **form.cleaned_data):
            login(request, user, backend=f"{TenantUserBackend.__module__}.{TenantUserBackend.__qualname__}")
            return LongRedirect(back)
        else:
            count_failure(request, email)
            form.add_error(None, "The e-mail address or the password is wrong.")
    context = {"form": form, "development_users": DEVELOPMENT_USERS}
    if _leads_to_client(back):
        return leading_page(request, "local_tenant/login.html", context, status=status)
    return render(request, "local_tenant/login.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def logout_page(request: HttpRequest) -> HttpResponse:
    """Ask, then end the session. A link alone must not log anyone out."""
    if request.method == "POST":
        logout(request)
        return HttpResponseRedirect(reverse("home"))
    return render(request, "local_tenant/logout.html", {"tenant_user": logged_in_tenant_user(request)})


def is_local(url: str) -> bool:
    """Return whether `url` is a path of this site, of any length. Django's own check has a limit of 2,048 characters.

    Browsers read a backslash as a slash, and drop control characters before they parse a URL.
    """
    leads_to_host = url[1:2] in {"/", "\\"}
    return url.startswith("/") and not leads_to_host and url.isprintable()


def _leads_to_client(back: str) -> bool:
    """Return whether the authorization endpoint may redirect to a client after the login, even with an error."""
    url = urlsplit(back)
    if url.path != reverse("oauth2_provider:authorize"):
        return False
    try:
        read_authorization_request(query_parameters(url.query))
    except RefusedToClient:
        return True
    except (RefusedHere, MalformedRequest):
        return False
    return True


def _login_hint(back: str) -> str:
    try:
        return dict(query_parameters(urlsplit(back).query)).get("login_hint", "")[:254]
    except MalformedRequest:
        return ""
