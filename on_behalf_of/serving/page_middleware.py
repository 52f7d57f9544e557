"""Middleware that pages need and programs do not: sessions, Django's users, messages.

An API call without a cookie comes from a program and has nothing for these to look at. Skipping them saves a tenth of
the cost of such a call.
"""

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from on_behalf_of.serving.error_pages import API


class _ForPages(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_from_program(request):
            return self.get_response(request)  # type: ignore[return-value] # these never run under ASGI
        return super().__call__(request)  # type: ignore[return-value]


def is_from_program(request: HttpRequest) -> bool:
    """Return whether the request cannot belong to a browser's session at this service."""
    return not request.META.get("HTTP_COOKIE") and request.path_info.startswith(API)


class SessionMiddleware(_ForPages, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(_ForPages, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_ForPages, messages.MessageMiddleware):
    pass
