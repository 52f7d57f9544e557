from collections.abc import Callable
from ipaddress import ip_address

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve

PROBES = ("/healthz", "/readyz")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class TrustedProxyMiddleware:
    """Believe X-Forwarded-* only when it comes from one of `TRUSTED_PROXIES`; remove it otherwise.

    Afterwards REMOTE_ADDR is the client's address as far as it can be known: the rightmost entry of
    X-Forwarded-For that no trusted proxy wrote.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        if not _is_trusted(meta.get("REMOTE_ADDR", "")):
            for header in FORWARDED:
                meta.pop(header, None)
        elif forwarded := meta.get("HTTP_X_FORWARDED_FOR"):
            for hop in reversed([part.strip() for part in forwarded.split(",")]):
                if not _is_address(hop):
                    break  # what stands left of it cannot be trusted either
                meta["REMOTE_ADDR"] = hop
                if not _is_trusted(hop):
                    break
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


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str) -> bool:
    if not _is_address(address):
        return False
    ip = ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip  # ::ffff:10.0.0.1 is how 10.0.0.1 arrives on an IPv6 socket
    return any(ip in network for network in settings.TRUSTED_PROXIES)
