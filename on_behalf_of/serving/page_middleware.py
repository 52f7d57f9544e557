"""Middleware that pages need and programs do not: sessions, Django's users, messages.

An API call without a cookie comes from a program and has nothing for these to look at. Skipping them saves a tenth of
the cost of such a call. FlatHandler does not even ask them.
"""

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse

from on_behalf_of.serving.error_pages import API


def is_from_program(request: HttpRequest) -> bool:
    """Return whether the request cannot belong to a browser's session at this service."""
    return not request.META.get("HTTP_COOKIE") and request.path_info.startswith(API)


class SessionMiddleware(sessions.SessionMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if not is_from_program(request):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response if is_from_program(request) else super().process_response(request, response)


class AuthenticationMiddleware(auth.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if not is_from_program(request):
            super().process_request(request)


class MessageMiddleware(messages.MessageMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if not is_from_program(request):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response if is_from_program(request) else super().process_response(request, response)
