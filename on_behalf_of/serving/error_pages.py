"""Error pages for people, which say what happened and what to do. Programs get the same as JSON.

The pages are the same with DEBUG on. Django's own would then show a list of routes, or the values of variables, which
can be tokens here, to people who have no use for them; Django's log has the traceback either way.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from on_behalf_of.primitives.nul import NAMED

DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
API = "/api/"  # prefix of the paths that programs call
RETRY_AFTER = "5"  # seconds


@dataclass(frozen=True)
class Problem:
    status: int
    heading: str
    happened: str
    remedy: str


PROBLEMS = {
    problem.status: problem
    for problem in (
        Problem(
            400,
            "This request was not understood",
            "It is malformed, or names a host that is not served here.",
            "Go back and try again. If a link led here, the link is wrong.",
        ),
        Problem(
            403,
            "You may not see this",
            "Your account has no permission to use this page.",
            "Log in with another account, or ask this service's administrator for the permission.",
        ),
        Problem(
            404,
            "There is nothing here",
            "There is no page at this address. It may be mistyped, or the page may have been removed.",
            "Check the address, or start again from the home page.",
        ),
        Problem(
            405,
            "This kind of request is not accepted",
            "The address exists, but does not take requests of this kind.",
            "Go back and use the links and buttons there, or start again from the home page.",
        ),
        Problem(
            500,
            "Something went wrong on our side",
            "The request failed; the service's log says why.",
            "Try again later. If it fails again, tell this service's operator what you did, and when.",
        ),
        Problem(
            503,
            "Not available at the moment",
            "The database does not answer, so this request could not be carried out.",
            "You did nothing wrong: try again in a few seconds.",
        ),
    )
}
FORM_EXPIRED = Problem(
    403,
    "This form has expired",
    "It was open for too long, cookies are blocked, or you logged in or out in the meantime, so nothing was done.",
    "Go back, reload the page, and try again.",
)

NO_SUCH_VALUE = Problem(
    400,
    "That value is not possible",
    "The address or the form contains a value that cannot exist, such as a number that is too large.",
    "Go back and correct it, or start again from the home page.",
)


def unreadable(where: str) -> Problem:
    """Return the refusal of an address that holds a NUL."""
    return Problem(400, PROBLEMS[400].heading, f"{where} contains {NAMED}.", "Send it without that character.")


def https_only(address: str) -> Problem:
    """Return the refusal of a request sent over http to a service on https; `address` is its URL there."""
    return Problem(
        403,
        "This service uses https only",
        "The request came over http, so nothing was done.",
        f"Send it again to {address}.",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return error_page(request, PROBLEMS[400])


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return error_page(request, PROBLEMS[403])


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return error_page(request, PROBLEMS[404])


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, PROBLEMS[500])


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    return error_page(request, FORM_EXPIRED)


def error_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"detail": f"{problem.happened} {problem.remedy}"}, status=problem.status)
    return HttpResponse(_rendered(problem), status=problem.status)


def _wants_json(request: HttpRequest) -> bool:
    """Return whether to answer in JSON. Without a preference: yes under /api/ and for methods other than GET and HEAD.

    Browsers ask for text/html whenever they show a page, including after a form.
    """
    types = ["text/html", "application/json"]
    if request.path_info.startswith(API) or request.method not in {"GET", "HEAD"}:
        types.reverse()
    return (request.get_preferred_type(types) or types[0]) == "application/json"


def _rendered(problem: Problem) -> SafeString:
    """Render without the request, so that nothing of it is shown and no context processor can fail."""
    layout = getattr(settings, "PAGE_LAYOUT", "on_behalf_of/layout.html")
    return render_to_string("on_behalf_of/error.html", {"layout": layout, "problem": problem})


class PlainErrorReporter(ExceptionReporter):
    """Shows these pages with DEBUG on, as DEFAULT_EXCEPTION_REPORTER. Unlike a middleware, also for middleware errors.

    Django has already logged the exception.
    """

    def _problem(self) -> Problem:
        return PROBLEMS[400 if isinstance(self.exc_value, BadRequest | SuspiciousOperation) else 500]

    def get_traceback_html(self) -> SafeString:
        return _rendered(self._problem())

    def get_traceback_text(self) -> SafeString:
        problem = self._problem()
        return SafeString(f"{problem.happened} {problem.remedy}\n")
