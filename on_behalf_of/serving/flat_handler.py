"""Django's WSGI handler, with middleware called one after another instead of inside each other.

A chain of sixteen middlewares is thirty-two nested calls and as many places that catch exceptions, which costs more
than what they do. Each keeps its place, and what it sees and returns is the same as in Django's own chain.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch, set_urlconf
from django.utils.deprecation import MiddlewareMixin

from on_behalf_of.serving import between_requests
from on_behalf_of.serving.routes import route_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]


MAX_HOSTS = 1_000
_valid_hosts: set[tuple[object, ...]] = set()


class _Request(WSGIRequest):
    def get_host(self) -> str:
        """Return the host as Django does, which takes long to find it in ALLOWED_HOSTS. Raises DisallowedHost."""
        named = self.META.get("HTTP_HOST")
        if settings.USE_X_FORWARDED_HOST or not named:
            return super().get_host()
        known = (named, settings.DEBUG, *settings.ALLOWED_HOSTS)
        if known not in _valid_hosts:
            super().get_host()
            if len(_valid_hosts) < MAX_HOSTS:  # any number is valid where ALLOWED_HOSTS has a wildcard
                _valid_hosts.add(known)
        return str(named)


class FlatHandler(WSGIHandler):
    request_class = _Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        between_requests.begin()
        return super().__call__(environ, start_response)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        self._middleware_chain: GetResponse = flattened(self._middleware_chain)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        if hasattr(request, "urlconf"):
            set_urlconf(request.urlconf)
        match = request.resolver_match = route_of(request)
        return match


def flattened(handler: GetResponse) -> GetResponse:
    """Return what does the same as `handler`, a chain of middlewares that Django built.

    Middlewares that override `__call__`, or are functions, are called as before; what they call is flattened.
    """
    run: list[Any] = []
    inner: Any = handler
    middleware: Any
    while _is_plain(middleware := getattr(inner, "__wrapped__", None)):
        run.append(middleware)
        inner = middleware.get_response
    if callable(further := getattr(middleware, "get_response", None)):
        middleware.get_response = flattened(further)
    return _Run(run, inner) if run else handler


def _is_plain(middleware: object) -> bool:
    return (
        isinstance(middleware, MiddlewareMixin)
        and type(middleware).__call__ is MiddlewareMixin.__call__
        and not middleware.async_mode
    )


class _Run:
    """Middlewares that follow one another, outermost first, and what the last one calls."""

    def __init__(self, middlewares: Sequence[Any], get_response: GetResponse) -> None:
        self._get_response = get_response
        self._count = len(middlewares)
        numbered = list(enumerate(middlewares))
        self._before = [(n, each.process_request) for n, each in numbered if hasattr(each, "process_request")]
        self._after = [
            (n, each.process_response) for n, each in reversed(numbered) if hasattr(each, "process_response")
        ]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase | None
        reached = self._count
        for number, process_request in self._before:
            try:
                response = process_request(request)
            except Exception as error:  # noqa: BLE001 - as in Django's chain
                response, reached = response_for_exception(request, error), number
                break
            if response:  # neither those further inside nor the view see this request
                reached = number + 1
                break
        else:
            response = self._get_response(request)
        for number, process_response in self._after:
            if number >= reached:
                continue
            try:
                response = process_response(request, response)
            except Exception as error:  # noqa: BLE001 - as in Django's chain
                response = response_for_exception(request, error)
        return response
