"""X-Forwarded-* is trusted only from trusted proxies, and only the part that they wrote themselves."""

from ipaddress import ip_network

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from on_behalf_of.serving.middleware import TrustedProxyMiddleware


def address_seen(settings: Settings, proxies: list[str], remote: str, forwarded: str) -> tuple[str, bool]:
    settings.TRUSTED_PROXIES = tuple(ip_network(proxy) for proxy in proxies)
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded, HTTP_X_FORWARDED_PROTO="https"
    )
    TrustedProxyMiddleware(view)(request)
    return seen[0].META["REMOTE_ADDR"], "HTTP_X_FORWARDED_PROTO" in seen[0].META


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address", "is_believed"),
    [
        ([], "192.0.2.1", "198.51.100.7", "192.0.2.1", False),
        (["10.0.0.0/8"], "192.0.2.1", "198.51.100.7", "192.0.2.1", False),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.7", "198.51.100.7", True),
        (["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7", True),  # the caller wrote 6.6.6.6
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7", True),
        (["10.0.0.0/8"], "10.0.0.1", "unknown", "10.0.0.1", True),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.7, junk, 10.0.0.2", "10.0.0.2", True),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7", True),  # as IPv6 sockets show IPv4
        (["fd00::/8"], "fd00::1", "2001:db8::7", "2001:db8::7", True),
    ],
)
def test_the_clients_address_is_the_last_one_from_outside_our_proxies(
    settings: Settings, proxies: list[str], remote: str, forwarded: str, address: str, is_believed: bool
) -> None:
    assert address_seen(settings, proxies, remote, forwarded) == (address, is_believed)
