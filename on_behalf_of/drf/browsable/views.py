"""Logging in to the API's own pages. What people may do afterwards is decided by their token, call by call."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.authentication import accepted_token, token_verifier
from on_behalf_of.drf.browsable.account import account_bar, account_of
from on_behalf_of.drf.browsable.authorization_code import authorization_request, read_answer, redeem
from on_behalf_of.drf.browsable.claims_page import all_claims
from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.browsable.local_path import local_path
from on_behalf_of.drf.browsable.login_refusals import LoginRefused
from on_behalf_of.drf.browsable.pending_login import PendingLogin, forget_all, remember, take
from on_behalf_of.drf.browsable.session_token import end_session, keep_token
from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from on_behalf_of.drf.refusals import BearerTokenRefused, CannotTell
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata
from on_behalf_of.resource_server.refusals import KeysUnavailable

View = Callable[[HttpRequest, BrowserLogin], HttpResponseBase]


def _page(*methods: str) -> Callable[[View], Callable[[HttpRequest], HttpResponseBase]]:
    """Decorate a view: 404 if people cannot log in here, and a page for refused logins."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
        by_method = require_http_methods(methods)(view)

        @never_cache
        @wraps(view)
        def page(request: HttpRequest) -> HttpResponseBase:
            login: BrowserLogin | None = api_configuration().login
            if login is None:
                raise Http404
            try:
                return by_method(request, login)
            except LoginRefused as refusal:
                context = {"refusal": refusal, "begin": f"{login.base_url}{reverse('browsable:login')}"}
                return _rendered(request, "login_refused", context, status=refusal.status)

        return page

    return decorate


@_page("GET", "HEAD", "POST")
def login_page(request: HttpRequest, login: BrowserLogin) -> HttpResponseBase:
    """Show the scopes to choose from; a POST sends the browser to the tenant with the choice (RFC 6749 §4.1.1)."""
    asked = request.POST if request.method == "POST" else request.GET
    back = local_path(asked.get("next", ""))
    chosen = [value for value, _ in login.scopes if value in asked.getlist("scope")]
    if request.method != "POST":
        return _login_form(request, login, back=back, chosen=chosen or _least(login))
    if not chosen:
        return _login_form(request, login, back=back, problem="Choose at least one scope.", status=400)
    to_tenant = authorization_request(
        login,
        _metadata(),
        audience=api_configuration().token_rules.audience,
        scopes=chosen,
        as_another_user="another_user" in asked,
    )
    pending = PendingLogin(scopes=tuple(chosen), back=back, code_verifier=to_tenant.code_verifier)
    remember(request.session, login, to_tenant.state, pending)
    # A page that leads on, not a redirect: browsers apply form-action to redirects after a form, and the hosts to which
    # a tenant sends its users for the login cannot all be listed.
    return _rendered(request, "to_tenant", {"url": to_tenant.url, "tenant": _host(_configuration().token_rules.issuer)})


@_page("GET")
@sensitive_variables()
def callback(request: HttpRequest, login: BrowserLogin) -> HttpResponseBase:
    """Finish a login when the tenant sends the browser back (RFC 6749 §4.1.2). The state is valid once, here only."""
    pending = take(request.session, login, request.GET.get("state", ""))
    if pending is None:
        raise LoginRefused(
            "This login was not begun in this browser, was already finished, or took longer than ten minutes. Begin "
            f"again at exactly this address: {login.base_url}", 400)  # fmt: skip
    metadata = _metadata()
    code = read_answer(dict(request.GET.lists()), metadata)
    configuration = _configuration()
    token = redeem(
        code,
        pending.code_verifier,
        login=login,
        metadata=metadata,
        audience=configuration.token_rules.audience,
        ca_file=configuration.key_fetching.ca_file,
    )
    try:
        _keep(request, login, token, asked=pending.scopes)
    except BearerTokenRefused as refusal:
        sentence = f"The tenant issued a token that this API does not accept. {refusal.error.description}"
        raise LoginRefused(sentence, 403 if refusal.status_code == 403 else 502) from refusal  # noqa: PLR2004
    except CannotTell as error:
        raise _unreachable() from error
    return HttpResponseRedirect(pending.back)


@_page("POST")
@sensitive_post_parameters("token")
@sensitive_variables()
def paste(request: HttpRequest, login: BrowserLogin) -> HttpResponseBase:
    """Keep a token that the user got elsewhere, such as a delegated one, after verifying it like a bearer token."""
    back = local_path(request.POST.get("next", ""))
    presented = "".join(request.POST.get("token", "").removeprefix("Bearer ").split())
    try:
        _keep(request, login, presented)
    except BearerTokenRefused as refusal:
        response = _login_form(
            request,
            login,
            back=back,
            chosen=_least(login),
            paste_problem=refusal.error.description,
            paste_reason=refusal.error.reason.value,
            status=refusal.status_code,
        )
        response.headers["WWW-Authenticate"] = refusal.auth_header
        return response
    except CannotTell as error:
        raise _unreachable() from error
    return HttpResponseRedirect(back if back != "/" else reverse("browsable:token"))


@_page("GET", "HEAD")
def token_page(request: HttpRequest, _login: BrowserLogin) -> HttpResponseBase:
    """Show the claims of the session's token, never the token or its signature."""
    account = account_of(request)
    if account is None:
        return HttpResponseRedirect(reverse("browsable:login"))
    return _rendered(request, "token", {"claims": all_claims(request)})


@_page("GET", "HEAD", "POST")
def logout_page(request: HttpRequest, login: BrowserLogin) -> HttpResponseBase:
    """Ask first, then drop the token, so that a link cannot log anyone out. The login at the tenant continues."""
    if request.method == "POST":
        forget_all(request.session)
        end_session(request.session)
        return HttpResponseRedirect(reverse("browsable:logout"))
    host = _host(_configuration().token_rules.issuer)
    return _rendered(request, "logout", {"tenant": host, "tenant_logout": _tenant_logout(login)})


def _keep(request: HttpRequest, login: BrowserLogin, token: str, *, asked: Iterable[str] = ()) -> AccessToken:
    """Verify and record the token as a call with it would be, then put it into the session."""
    record_of(request).begin(api_configuration().database_time)
    accepted = accepted_token(request, token)
    keep_token(request, login, token, withheld=[scope for scope in asked if scope not in accepted.scopes])
    return accepted


def _login_form(
    request: HttpRequest,
    login: BrowserLogin,
    *,
    back: str,
    chosen: Iterable[str] = (),
    status: int = 200,
    **problems: str,
) -> HttpResponse:
    scopes = [(value, description, value in chosen) for value, description in login.scopes]
    return _rendered(request, "login", {"back": back, "scopes": scopes, **problems}, status=status)


def _least(login: BrowserLogin) -> list[str]:
    """Return the scopes that are preselected unless the page that the user comes from needs others."""
    return [value for value, _ in login.scopes[:1]]


def _rendered(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"on_behalf_of/{name}.html", account_bar(request) | context, status=status)


def _metadata() -> IssuerMetadata:
    try:
        return token_verifier(api_configuration()).keys.metadata()
    except KeysUnavailable as error:
        raise _unreachable() from error


def _unreachable() -> LoginRefused:
    return LoginRefused("The tenant cannot be reached at the moment, so you can't log in; try again soon.", 503)


def _configuration() -> ApiConfiguration:
    return api_configuration()


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _tenant_logout(login: BrowserLogin) -> str:
    """Return the address at which users log out of the tenant; empty if it is not known."""
    if login.tenant_logout_url:
        return login.tenant_logout_url
    try:
        endpoint = _metadata().end_session_endpoint
    except LoginRefused:
        return ""
    return f"{endpoint}?{urlencode({'client_id': login.client_id})}" if endpoint and "?" not in endpoint else ""
