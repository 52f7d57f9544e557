import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.permissions import SAFE_METHODS

from on_behalf_of.audit.database import log_alias, log_connection
from on_behalf_of.audit.pending_row import NOT_RECORDED, PENDING, PendingRow
from on_behalf_of.drf.access_record import AccessRecord, ChangeRefused, NotRecordable, record_of
from on_behalf_of.drf.browsable.not_recorded import not_recorded
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.observer import Observer
from on_behalf_of.primitives.circuit_breaker import Breaker
from on_behalf_of.primitives.current_request import serving
from on_behalf_of.primitives.span import NO_SPAN, Span, no_spans

logger = logging.getLogger(__name__)


class AuditMiddleware:
    """Answers a call with an access token only once the call's row is committed, whatever the outcome.

    Put it last in MIDDLEWARE, so that it is the first to see what views return, refusals and errors included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._breaker = Breaker()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        observer: Observer = api_configuration().observer
        record = AccessRecord(request, self._breaker)
        served = serving.set(record)
        try:
            if error := request.META.get(NOT_RECORDED):  # the server asks again for a call whose row was not written
                return self._withheld(request, record, error)
            with observer.span("API request", trace_id=record.trace_id, traceparent=record.traceparent) as span:
                return self._recorded(request, record, observer, span)
        finally:
            serving.reset(served)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Sequence[Any], _kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """With ATOMIC_REQUESTS, open a transaction around the one that Django is about to open for the view.

        The row can then commit together with what the view changes. Reads need none: they are recorded afterwards.
        """
        if request.method in SAFE_METHODS or not log_connection().settings_dict["ATOMIC_REQUESTS"]:
            return None
        if log_alias() in getattr(view, "_non_atomic_requests", ()):
            return None
        try:
            record_of(request).open_around_view()
        except DatabaseError as error:
            if "HTTP_AUTHORIZATION" not in request.META:
                raise  # as Django itself would
            return self._not_recorded(request, error)
        return None

    def _recorded(self, request: HttpRequest, record: AccessRecord, observer: Observer, span: Span) -> HttpResponseBase:
        request.access_record = record  # type: ignore[attr-defined] # ours, for the views and authentication
        try:
            response = self.get_response(request)
        except BaseException:  # Django gives no answer to these, such as at the end of the process
            record.abandon()
            raise
        try:
            if self._is_recorded_later(request, record, observer, response):
                return response
            with span.child("audit commit") if record.token else nullcontext():  # a call without a token leaves no row
                record.finish(response.status_code)
        except ChangeRefused:
            record.tell(observer, span, HTTPStatus.INTERNAL_SERVER_ERROR)
            raise  # Django answers 500
        except DatabaseError as error:
            if record.token is None:  # a change by the project's own user, which the database refuses to commit
                raise
            response.close()
            response = self._not_recorded(request, error)
        response.headers["X-Request-ID"] = record.request_id
        record.tell(observer, span, response.status_code)
        return response

    def _is_recorded_later(
        self, request: HttpRequest, record: AccessRecord, observer: Observer, response: HttpResponseBase
    ) -> bool:
        """Hand the row to a server that answers once it is written. A call that is traced waits here for its span."""
        pending: PendingRow | None = request.META.get(PENDING)
        if pending is None or response.streaming or observer.span is not no_spans:
            return False
        late = record.finish_later(response.status_code)
        if late is None:
            return False
        pending.row, pending.seconds = late

        def report(error: Exception | None, *, is_answered: bool) -> None:
            record.written(error)
            if error is None and not is_answered:
                record.tell(observer, NO_SPAN, response.status_code)

        pending.report = report
        response.headers["X-Request-ID"] = record.request_id
        return True

    def _withheld(self, request: HttpRequest, record: AccessRecord, error: Exception) -> HttpResponse:
        response = self._not_recorded(request, error if isinstance(error, DatabaseError) else NotRecordable())
        response.headers["X-Request-ID"] = record.request_id
        record.tell(api_configuration().observer, NO_SPAN, response.status_code)
        return response

    def _not_recorded(self, request: HttpRequest, error: DatabaseError) -> HttpResponse:
        if not isinstance(error, NotRecordable):  # one line for each attempt, not for each call
            logger.error("The audit log cannot be written (%s): answering 503.", type(error).__name__)
        api_configuration().observer.not_recorded()
        return not_recorded(request)
