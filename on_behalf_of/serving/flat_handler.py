"""Django's WSGI handler, with middleware called one after another instead of inside each other.

A chain of sixteen middlewares is thirty-two nested calls and as many places that catch exceptions, which costs more
than what they do. Each keeps its place, and what it sees and returns is the same as in Django's own chain.
"""

from collections.abc import Callable, Collection, Sequence
from types import MethodType
from typing import Any

from django.conf import settings
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_script_name
from django.core.signals import request_started
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import ResolverMatch, get_urlconf, set_script_prefix, set_urlconf
from django.utils.deprecation import MiddlewareMixin
from django.utils.log import log_response

from on_behalf_of.serving import between_requests, page_middleware
from on_behalf_of.serving.page_middleware import is_from_program
from on_behalf_of.serving.routes import route_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_Steps = list[tuple[int, Callable[..., Any]]]

# What does nothing for a call that comes from a program, so that it need not be called.
PASSED_OVER = (
    page_middleware.SessionMiddleware.process_request,
    page_middleware.SessionMiddleware.process_response,
    page_middleware.AuthenticationMiddleware.process_request,
    page_middleware.MessageMiddleware.process_request,
    page_middleware.MessageMiddleware.process_response,
    *(() if settings.CSRF_USE_SESSIONS else (CsrfViewMiddleware.process_request,)),  # it looks for a cookie
)


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
        """Answer as Django's handler does. `wsgi.file_wrapper` is not supported; WsgiThreads has none."""
        between_requests.begin()
        set_script_prefix(get_script_name(environ))
        request_started.send(sender=self.__class__, environ=environ)
        response: Any = self.get_response(self.request_class(environ))
        response._handler_class = self.__class__  # noqa: SLF001 - as Django's handler
        # What `headers.items()` yields, without looking up each name again.
        headers = [*response.headers._store.values()]  # noqa: SLF001
        if response.cookies:
            headers += [("Set-Cookie", each.output(header="")) for each in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        return response

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        self._middleware_chain: GetResponse = flattened(self._middleware_chain)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        if get_urlconf() != (urlconf := settings.ROOT_URLCONF):  # setting it takes longer
            set_urlconf(urlconf)
        answer = self._middleware_chain(request)
        response: Any = answer  # Django's stubs do not know all of it
        response._resource_closers += (request.close, between_requests.end)  # noqa: SLF001 - what Django's handler does
        if response.status_code >= 400:  # noqa: PLR2004 - errors begin there
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        _untie(request, response)
        return answer

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        if hasattr(request, "urlconf"):
            set_urlconf(request.urlconf)
        match = request.resolver_match = route_of(request)
        return match


def _untie(request: HttpRequest, response: Any) -> None:
    """Let go of what refers to each other in a circle, so that all of it is freed at once.

    The garbage collector takes a tenth of a call's time to find it. Nothing reads this after the middleware has run.
    """
    vars(request).pop("access_record", None)
    context = None if response.streaming else vars(response).pop("renderer_context", None)
    if context:  # of DRF, which has rendered the answer
        vars(context.get("request", response)).get("parser_context", {}).clear()
        view = context.get("view", response)
        own = vars(view)
        for name in [name for name, value in own.items() if isinstance(value, MethodType) and value.__self__ is view]:
            del own[name]  # such as `head`, Django's name for a view's `get`


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


def _steps(middlewares: Sequence[Any], *, passed_over: Collection[Any] = ()) -> tuple[_Steps, _Steps]:
    """Return what to call before and after the view, each with its middleware's number."""
    before: _Steps = []
    after: _Steps = []
    for number, each in enumerate(middlewares):
        for name, steps in (("process_request", before), ("process_response", after)):
            if hasattr(each, name) and getattr(type(each), name, None) not in passed_over:
                steps.append((number, getattr(each, name)))
    return before, after[::-1]


class _Run:
    """Middlewares that follow one another, outermost first, and what the last one calls."""

    def __init__(self, middlewares: Sequence[Any], get_response: GetResponse) -> None:
        self._get_response = get_response
        self._count = len(middlewares)
        self._steps = _steps(middlewares)
        self._steps_for_programs = _steps(middlewares, passed_over=PASSED_OVER)
        self._is_same_for_all = self._steps == self._steps_for_programs

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase | None
        is_usual = self._is_same_for_all or not is_from_program(request)
        before, after = self._steps if is_usual else self._steps_for_programs
        reached = self._count
        for number, process_request in before:
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
        for number, process_response in after:
            if number >= reached:
                continue
            try:
                response = process_response(request, response)
            except Exception as error:  # noqa: BLE001 - as in Django's chain
                response = response_for_exception(request, error)
        return response
