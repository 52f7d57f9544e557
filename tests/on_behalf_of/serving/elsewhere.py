"""The URLconf that a middleware of test_between_requests.py chooses."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse


def own_path(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(reverse("own path"))  # in the URLconf of the request, without naming it


urlpatterns = [path("elsewhere", own_path, name="own path")]
