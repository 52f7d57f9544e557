import logging
from collections.abc import Callable
from dataclasses import asdict
from traceback import walk_tb
from urllib.parse import unquote

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import DataError, OperationalError, ProgrammingError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponsePermanentRedirect,
)
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import escape_leading_slashes

from on_behalf_of.primitives.client_address import client_address, is_within
from on_behalf_of.primitives.nul import EXPLAINS_NUL, nul_in_address
from on_behalf_of.serving.error_pages import (
    API,
    DATABASE_UNAVAILABLE,
    NO_SUCH_VALUE,
    PROBLEMS,
    RETRY_AFTER,
    error_page,
    https_only,
    unreadable,
)
from on_behalf_of.serving.routes import match_of, route_of

logger = logging.getLogger(__name__)

REDIRECTED = frozenset({"GET", "HEAD"})  # methods without a body, which a redirect would lose
VALUE_ERRORS = (ValueError, TypeError, LookupError, OverflowError, ValidationError, FieldDoesNotExist, FieldError)
MISSING_IN_SCHEMA = frozenset({"42P01", "42703"})  # a table, a column (PostgreSQL's codes): `migrate` was not run
PROBES = ("/healthz", "/readyz")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class _Middleware(MiddlewareMixin):
    async_capable = False  # under ASGI, one change of threads for all of them


class TrustedProxyMiddleware(_Middleware):
    """Believes X-Forwarded-* only from one of `TRUSTED_PROXIES`, and removes it otherwise.

    Afterwards REMOTE_ADDR is the client's address as far as it can be known.
    """

    def process_request(self, request: HttpRequest) -> None:
        meta, proxies = request.META, settings.TRUSTED_PROXIES
        peer = meta.get("REMOTE_ADDR", "")
        if not proxies or not is_within(peer, proxies):
            for header in FORWARDED:
                meta.pop(header, None)
        else:
            meta["REMOTE_ADDR"] = client_address(peer, meta.get("HTTP_X_FORWARDED_FOR", ""), proxies)


class UncachedCredentialsMiddleware(_Middleware):
    """Marks answers to requests with credentials `no-store`, errors included (RFC 6750 §5.3).

    Tokens in the URL, which are refused, count too. Static files are marked public and stay cacheable.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "HTTP_AUTHORIZATION" in request.META or "access_token" in unquote(request.META.get("QUERY_STRING", "")):
            told = response.headers.get("Cache-Control")
            if told is None:
                response.headers["Cache-Control"] = "no-store"
            elif "public" not in told:
                patch_cache_control(response, no_store=True)
        return response


class ProbeMiddleware(_Middleware):
    """Answers /healthz and /readyz before rules about hosts and https apply: probes use neither host names nor TLS."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.path not in PROBES:
            return None
        answer: HttpResponseBase = resolve(request.path).func(request)
        return answer


class HttpsOnlyMiddleware(_Middleware):
    """Refuses requests other than GET and HEAD that SECURE_SSL_REDIRECT would redirect.

    Clients follow a 301 with a GET, so the body is lost, and the page that they get looks like success. Must be outside
    SecurityMiddleware, which decides what is redirected.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_redirected = isinstance(response, HttpResponsePermanentRedirect) and response.url.startswith("https://")
        if request.method in REDIRECTED or request.is_secure() or not is_redirected:
            return response
        return error_page(request, https_only(response.headers["Location"]))


class FinalSlashMiddleware(_Middleware):
    """Serves a path with a missing or extra final slash as the path that has a route.

    Django redirects to a path with a slash: clients follow with a GET, and the body is lost behind a 200; with DEBUG
    on, Django fails instead. Here, API calls and all requests that may change something are served and recorded under
    the right path. Only pages are redirected, so that browsers show one address for each.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        path = request.path_info
        if _has_route(lambda: route_of(request)):
            return None
        right = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        if path.endswith("//") or not _has_route(lambda: match_of(right)):
            return None
        request.path = request.path.removesuffix(path) + right
        request.path_info = right
        if request.method in REDIRECTED and not right.startswith(API):
            return HttpResponsePermanentRedirect(escape_leading_slashes(request.get_full_path()))
        return None


def _has_route(match: Callable[[], ResolverMatch]) -> bool:
    """Return whether a view serves a path, not counting a catch-all (`no_append_slash`)."""
    try:
        return getattr(match().func, "should_append_slash", True)
    except Resolver404:
        return False


class ErrorPageMiddleware(_Middleware):
    """Shows pages for errors for which Django has none: an empty 405, and a database that does not answer.

    In the admins, values that no database accepts get a page too, such as a NUL or a thirty-digit number in a filter.

    With DEBUG on, it also replaces Django's 404, which lists the routes. A 404 that a view returns has another type.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponseNotFound) and settings.DEBUG:
            return error_page(request, PROBLEMS[404])
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            page = error_page(request, PROBLEMS[405])
            response.content, response.headers["Content-Type"] = page.content, page.headers["Content-Type"]
        return response

    def process_view(self, request: HttpRequest, view: object, *_arguments: object) -> HttpResponse | None:
        """Refuse a NUL before an admin searches for it: SQLite would find nothing, PostgreSQL would fail."""
        is_unjudged = _is_of_an_admin(request) and not getattr(view, EXPLAINS_NUL, False)
        where = nul_in_address(request) if is_unjudged else ""
        return error_page(request, unreadable(where)) if where else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if _is_of_an_admin(request) and _is_about_a_value(request, exception):
            logger.warning("A request to the admin holds a value that the database cannot look up.", exc_info=exception)
            return error_page(request, NO_SUCH_VALUE)
        if not isinstance(exception, DATABASE_UNAVAILABLE):
            return None
        logger.error("A page could not be shown, because the database does not answer.", exc_info=exception)
        page = error_page(request, PROBLEMS[503])
        page.headers["Retry-After"] = RETRY_AFTER
        return page


def _is_of_an_admin(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.app_names == ["admin"]


def _is_about_a_value(request: HttpRequest, exception: Exception) -> bool:
    """Return whether the database, or Django's code in front of it, rejected a value from the request.

    Django's admin checks the names of filters but not their values.
    """
    if isinstance(exception, DataError):
        return True
    if isinstance(exception, ProgrammingError):  # such as a range with more than two ends
        return bool(request.GET) and getattr(exception.__cause__, "sqlstate", "") not in MISSING_IN_SCHEMA
    if isinstance(exception, OperationalError):
        return "too large" in str(exception)  # SQLite, for a search with hundreds of words
    if not isinstance(exception, VALUE_ERRORS):
        return False
    return any(
        frame.f_globals.get("__name__", "").startswith("django.db.") for frame, _ in walk_tb(exception.__traceback__)
    )


class PagePolicyMiddleware(CSPMiddleware):
    """Sets Content-Security-Policy on pages only. JSON runs no scripts, and a policy costs a tenth of a call's time."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            vars(request).pop("csp_nonce", None)  # it refers to the request: only the garbage collector would free both
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        # With DEBUG on, django-csp skips error pages, because Django's have inline styles; ours have none.
        if HEADER not in answer.headers:
            answer.headers[HEADER] = build_policy(**asdict(self.get_policy_parts(request=request, response=answer)))
        return answer
