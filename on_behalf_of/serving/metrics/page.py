from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST

from on_behalf_of.primitives.client_address import Network, is_within, parsed
from on_behalf_of.serving.metrics.measurements import Measurements

PATH = "/metrics"
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO")


class MetricsMiddleware:
    """Answers /metrics to those who may read it; for all others, the address does not exist.

    Put it first in MIDDLEWARE: Prometheus uses neither the service's name nor TLS, and REMOTE_ADDR is still that of the
    direct peer. A request through a proxy came from elsewhere, even if the proxy itself is on loopback.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path != PATH or request.method != "GET" or not _may_ask(request, settings.METRICS_ALLOWED):
            return self.get_response(request)
        measurements: Measurements = settings.MEASUREMENTS
        return HttpResponse(
            measurements.text(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
        )


def _may_ask(request: HttpRequest, allowed: Sequence[Network]) -> bool:
    if any(header in request.META for header in FORWARDED):
        return False
    peer = request.META.get("REMOTE_ADDR", "")
    address = parsed(peer)
    return address is not None and (address.is_loopback or is_within(peer, allowed))
