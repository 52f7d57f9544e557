from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from rest_framework.permissions import SAFE_METHODS

from on_behalf_of.drf.refusals import RETRY_AFTER

CHANGE = "This call cannot be recorded at the moment, so it was not carried out; try again."
# Not "not carried out": what a view changed on a GET is not undone.
READING = "This call cannot be recorded at the moment, so its answer is withheld; try again."


def not_recorded(request: HttpRequest) -> HttpResponse:
    """Return a 503 in place of an answer that has no row: JSON, or a page if the client prefers one."""
    sentence = READING if request.method in SAFE_METHODS else CHANGE
    headers = {"Retry-After": str(RETRY_AFTER)}
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        page = render_to_string("on_behalf_of/not_recorded.html", {"sentence": sentence})
        return HttpResponse(page, status=503, headers=headers)
    return JsonResponse({"detail": sentence}, status=503, headers=headers)
