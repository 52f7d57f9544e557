"""What strangers see of a fault of ours: one fixed sentence. Django's DEBUG page would show tokens and secrets."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from local_tenant.oauth_errors import error_response

DESCRIPTION = "The tenant could not answer this request; its log says why."
logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


def answering_server_error(view: View) -> View:
    """For endpoints that answer JSON: whatever goes wrong is an OAuth error too."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Exception:
            logger.exception("An OAuth endpoint failed unexpectedly.")
            return error_response("server_error", DESCRIPTION, status=500)

    return answer


class PlainErrorReporter(ExceptionReporter):
    """Django's DEFAULT_EXCEPTION_REPORTER, for all pages; unlike a middleware it hears of the middlewares' faults too.

    Django has logged the exception before.
    """

    def get_traceback_html(self) -> SafeString:
        # Without the request: nothing of it can be shown, and no context processor can fail in turn.
        return render_to_string("local_tenant/error.html", {"error": "server_error", "description": DESCRIPTION})

    def get_traceback_text(self) -> SafeString:
        return SafeString(f"{DESCRIPTION}\n")
