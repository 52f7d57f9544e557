import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler

from on_behalf_of.drf.access_record import NotRecordable, record_of
from on_behalf_of.drf.refusals import ContentTooLarge, CsrfRefused, DatabaseUnavailable, RequestTimeout

logger = logging.getLogger(__name__)


def readable_errors(error: Exception, context: dict[str, Any]) -> Response:
    """Answer every error with JSON that has a `detail` for people. DRF calls this for each exception of a view.

    An unexpected error is logged with its traceback and answered without it.
    """
    record = record_of(context["request"])
    if isinstance(error, CsrfRefused):
        record.reason = error.reason
    if isinstance(error, OperationalError | InterfaceError | NotRecordable):
        if not isinstance(error, NotRecordable):
            record.failed()
        record.reason = "database_unavailable"
        error = DatabaseUnavailable()
    elif isinstance(error, UnreadablePostError):
        error = RequestTimeout()
    elif isinstance(error, RequestDataTooBig):
        error = ContentTooLarge()
    elif isinstance(error, Http404):
        error = NotFound()  # the same sentence for what does not exist and for what belongs to another user
    response = exception_handler(error, context)
    if response is None:
        logger.error("Request %s failed unexpectedly.", record.request_id, exc_info=error)
        record.reason = "unexpected_error"
        response = Response(
            {"detail": "Something went wrong on our side.", "request_id": record.request_id}, status=500
        )
    return response
