from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve

from resource_server.client_address import client_address, is_within

PROBES = ("/healthz", "/readyz")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class TrustedProxyMiddleware:
    """Believe X-Forwarded-* only when it comes from one of `TRUSTED_PROXIES`; remove it otherwise.

    Afterwards REMOTE_ADDR is the client's address as far as it can be known.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta, proxies = request.META, settings.TRUSTED_PROXIES
        peer = meta.get("REMOTE_ADDR", "")
        if not proxies or not is_within(peer, proxies):
            for header in FORWARDED:
                meta.pop(header, None)
        else:
            meta["REMOTE_ADDR"] = client_address(peer, meta.get("HTTP_X_FORWARDED_FOR", ""), proxies)
        return self.get_response(request)


class ProbeMiddleware:
    """Answers /healthz and /readyz before any rule about hosts and https: probes know neither name nor TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            answer: HttpResponseBase = resolve(request.path).func(request)
            return answer
        return self.get_response(request)


class PagePolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy on pages. JSON runs nothing, and putting the policy together costs a tenth of a call."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        return answer
