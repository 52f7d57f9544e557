import logging
from collections.abc import Callable
from contextlib import nullcontext

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from on_behalf_of.audit.breaker import Breaker
from on_behalf_of.drf.access_record import AccessRecord, NotRecordable
from on_behalf_of.drf.browsable.not_recorded import not_recorded
from on_behalf_of.drf.observer import Observer
from on_behalf_of.primitives.current_request import serving
from on_behalf_of.primitives.span import Span

logger = logging.getLogger(__name__)


class AuditMiddleware:
    """No authenticated call is answered before its row is committed, whatever became of it.

    The innermost middleware: what the views return, refusals and errors included, passes here first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._breaker = Breaker()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        observer: Observer = settings.DOWNSTREAM_API.observer
        record = AccessRecord(request, self._breaker)
        served = serving.set(record)
        try:
            with observer.span("API request", trace_id=record.trace_id, traceparent=record.traceparent) as span:
                return self._recorded(request, record, observer, span)
        finally:
            serving.reset(served)

    def _recorded(self, request: HttpRequest, record: AccessRecord, observer: Observer, span: Span) -> HttpResponseBase:
        request.access_record = record  # type: ignore[attr-defined] # ours, for the views and authentication
        try:
            response = self.get_response(request)
        except BaseException:  # what Django makes no answer of, such as the end of the process
            record.abandon()
            raise
        try:
            with span.child("audit commit") if record.token else nullcontext():  # nobody known leaves no row
                record.finish(response.status_code)
        except DatabaseError as error:
            if not isinstance(error, NotRecordable):  # one line for each attempt, not for each call
                logger.error("The audit log cannot be written (%s): answering 503.", type(error).__name__)  # noqa: TRY400 - the cause is the database's, a traceback would show nothing more
            response.close()
            response = not_recorded(request)
            observer.not_recorded()
        response.headers["X-Request-ID"] = record.request_id
        record.tell(observer, span, response.status_code)
        return response
