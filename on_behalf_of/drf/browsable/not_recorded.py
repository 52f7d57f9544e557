from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from on_behalf_of.drf.refusals import RETRY_AFTER

SENTENCE = "This call cannot be recorded at the moment, so it was not carried out; try again."


def not_recorded(request: HttpRequest) -> HttpResponse:
    """503 in place of an answer that has no row: JSON, or a page for who asks for one."""
    headers = {"Retry-After": str(RETRY_AFTER)}
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        page = render_to_string("on_behalf_of/not_recorded.html", {"sentence": SENTENCE})
        return HttpResponse(page, status=503, headers=headers)
    return JsonResponse({"detail": SENTENCE}, status=503, headers=headers)
