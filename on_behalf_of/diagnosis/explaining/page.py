import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from on_behalf_of.diagnosis.explaining.report import API, BRIDGE, explained
from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import api_configuration

SERVICES = ((API, "the API"), (BRIDGE, "the bridge"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def explain_token(request: HttpRequest) -> HttpResponse:
    """Explains a token that somebody pasted. It is neither kept nor logged, and does not stand in the answer.

    In development only: who knows a token may use it, so production has no form that invites people to paste theirs.
    """
    if not settings.DEBUG:
        raise Http404
    context: dict[str, object] = {"services": SERVICES, "service": API}
    if request.method == "POST":
        service = BRIDGE if request.POST.get("as") == BRIDGE else API
        keys = token_verifier(api_configuration()).keys
        report = explained(request.POST.get("token", ""), service, keys=keys, now=time.time())
        context |= {"service": service, "report": report}
    return render(request, "config/explain.html", context)
