"""The API's description: a document for programs and a page for people. `API_DOCS=false` removes both."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from on_behalf_of.drf.configuration import api_configuration

View = Callable[[HttpRequest], HttpResponseBase]


def _while_described(view: View) -> View:
    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponseBase:
        if not api_configuration().is_described:
            raise Http404
        return view(request)

    return asked


@require_safe
@_while_described
def document(_request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI 3.1 document. It is public: a client with a token could find out all that it says."""
    from on_behalf_of.drf.openapi.description import description  # slow to load, and only this view needs it

    return HttpResponse(description(), content_type="application/json", headers={"Access-Control-Allow-Origin": "*"})


@require_safe
@_while_described
def page(request: HttpRequest) -> HttpResponseBase:
    """Show Swagger UI in the layout of our pages, without inline scripts or styles.

    If API_LOGIN_CLIENT_ID names a client, the page logs in as that client, in the browser, and keeps the tokens in
    memory. For that it may connect to the tenant's token endpoint; no other foreign host is allowed.
    """
    from on_behalf_of.drf.openapi.security import held_metadata  # as above

    configuration = api_configuration()
    metadata = held_metadata() if configuration.login else None
    token_endpoint = metadata.token_endpoint if metadata else ""
    context = {
        "resource": configuration.resource,
        "login": configuration.login,
        "token_endpoint": token_endpoint,
        "redirect_url": f"{configuration.resource.base_url}{reverse('docs-redirect')}",
    }

    @csp_update({"connect-src": ["'self'", *([_origin(token_endpoint)] if token_endpoint else [])]})
    def answer(request: HttpRequest) -> HttpResponse:
        return render(request, "on_behalf_of/docs.html", context)

    return answer(request)


@require_safe
@_while_described
def redirect(request: HttpRequest) -> HttpResponse:
    """Show the page to which the tenant sends the browser after the login (RFC 6749 §4.1.2)."""
    return render(request, "on_behalf_of/docs_redirect.html")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
