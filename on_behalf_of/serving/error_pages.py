"""What somebody sees where something went wrong: what happened, and what to do. Programs get the same as JSON.

The pages are the same with DEBUG on. Django's own would then show a list of routes, or the values of variables, which
are tokens here, to people who cannot do anything with them; its log has the traceback either way.
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
            "Go back and try again; where a link led here, it is wrong.",
        ),
        Problem(
            403,
            "You may not see this",
            "Your account has no permission for what is at this address.",
            "Log in with another account, or ask whoever administers this service for the permission.",
        ),
        Problem(
            404,
            "There is nothing here",
            "No page has this address: it was mistyped, or what it named is gone.",
            "Check the address, or start anew from the home page.",
        ),
        Problem(
            405,
            "This address works in another way",
            "It does not take requests of this kind.",
            "Go back and use the links and buttons there, or start anew from the home page.",
        ),
        Problem(
            500,
            "Something went wrong on our side",
            "The request failed; its log says why.",
            "Try again in a while. If it fails again, tell whoever runs this service what you did, and when.",
        ),
        Problem(
            503,
            "Not at the moment",
            "The database does not answer, so this request could not be carried out.",
            "Nothing is wrong with what you did: try again in a few seconds.",
        ),
    )
}
FORM_EXPIRED = Problem(
    403,
    "This form has expired",
    "It was open for too long, cookies are blocked, or somebody logged in or out in between, so nothing was done.",
    "Go back, load the page anew, and try again.",
)

NO_SUCH_VALUE = Problem(
    400,
    "That value is not possible",
    "The address or the form contains a value that cannot exist, such as a number that is too large.",
    "Go back and correct it, or start again from the home page.",
)


def unreadable(where: str) -> Problem:
    """Return the refusal of an address that holds a NUL."""
    return Problem(400, PROBLEMS[400].heading, f"{where} holds {NAMED}.", "Send it without that character.")


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
    """Without the request: nothing of it can be shown, and no context processor can fail in turn."""
    layout = getattr(settings, "PAGE_LAYOUT", "on_behalf_of/layout.html")
    return render_to_string("on_behalf_of/error.html", {"layout": layout, "problem": problem})


class PlainErrorReporter(ExceptionReporter):
    """Django's DEFAULT_EXCEPTION_REPORTER, for DEBUG; unlike a middleware it hears of the middlewares' faults too.

    Django has logged the exception before.
    """

    def _problem(self) -> Problem:
        return PROBLEMS[400 if isinstance(self.exc_value, BadRequest | SuspiciousOperation) else 500]

    def get_traceback_html(self) -> SafeString:
        return _rendered(self._problem())

    def get_traceback_text(self) -> SafeString:
        problem = self._problem()
        return SafeString(f"{problem.happened} {problem.remedy}\n")
