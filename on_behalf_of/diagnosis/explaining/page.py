import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from on_behalf_of.diagnosis.explaining.report import API, BRIDGE, explained, services
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import api_configuration

NAMES = {API: "the API", BRIDGE: "the bridge"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def explain_token(request: HttpRequest) -> HttpResponse:
    """Explain a pasted token. The token is neither kept nor logged, and the answer does not repeat it.

    Only with DEBUG on: anyone who knows a token can use it, so production has no form that invites people to paste
    theirs. A project adds `path("explain", explain_token)` to its URLs.
    """
    if not settings.DEBUG:
        raise Http404
    choices = tuple((service, NAMES[service]) for service in services())
    context: dict[str, object] = {"services": choices, "service": API}
    if request.method == "POST":
        service = BRIDGE if request.POST.get("as") == BRIDGE and BRIDGE in services() else API
        keys = token_verifier(api_configuration()).keys
        report = explained(request.POST.get("token", ""), service, keys=keys, now=time.time())
        context |= {"service": service, "report": report}
    return render(request, "on_behalf_of/explain.html", context)
