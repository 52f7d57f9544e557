"""Answer unexpected exceptions with one fixed sentence, as an OAuth error."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase

from local_tenant.oauth_errors import error_response

DESCRIPTION = "The tenant could not answer this request; its log says why."
logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


def answering_server_error(view: View) -> View:
    """Decorate a JSON endpoint so that it answers any exception with an OAuth error."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Exception:
            logger.exception("An OAuth endpoint failed unexpectedly.")
            return error_response("server_error", DESCRIPTION, status=500)

    return answer
