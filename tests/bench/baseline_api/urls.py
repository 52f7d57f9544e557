from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.bench.baseline_api.views import PrivateScope


def ready(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("api/private-scope", PrivateScope.as_view()), path("readyz", ready)]
