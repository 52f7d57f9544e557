"""The audit log's record of one call: gathered while the call is served, written before it is answered."""

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from http import HTTPStatus

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from on_behalf_of.audit.background import seal_in_background
from on_behalf_of.audit.database import log_alias, log_connection
from on_behalf_of.audit.group_commit import access_log
from on_behalf_of.audit.models import Decision, DelegatedAccess
from on_behalf_of.audit.new_rows import NewRow, insert_rows
from on_behalf_of.audit.pending_row import NotWritten
from on_behalf_of.audit.refused_tokens import refused_tokens
from on_behalf_of.audit.time_limit import DATABASE_TIME, current_limit, limited_database_time
from on_behalf_of.audit.turn_to_write import turn_to_write
from on_behalf_of.drf.observer import Observer
from on_behalf_of.drf.route import readable_route
from on_behalf_of.primitives.circuit_breaker import Breaker
from on_behalf_of.primitives.client_address import parsed
from on_behalf_of.primitives.span import NO_SPAN, Span
from on_behalf_of.primitives.time_ordered_id import time_ordered_id
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.access_token import AccessToken

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
MAX_PATH = 512
REASON_OF_STATUS = {400: "invalid_input", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable"}


def record_of(request: HttpRequest | Request) -> "AccessRecord":
    """Return the record that AuditMiddleware attached to the request, Django's or DRF's.

    Without the middleware, as in unit tests that call a view directly, return a record that accepts no token.
    """
    # Asking Django's request is quicker than having DRF's look for the attribute in both.
    django_request: HttpRequest = request._request if isinstance(request, Request) else request  # noqa: SLF001
    record: AccessRecord | None = getattr(django_request, "access_record", None)
    if record is None:
        record = AccessRecord(django_request, is_attached=False)
        django_request.access_record = record  # type: ignore[attr-defined] # ours
    return record


class NotRecordable(DatabaseError):
    """The row was not written: an earlier attempt, or one made together with other calls, failed."""


class ChangeRefused(IntegrityError):
    """The database refused to commit what the view changed, as deferred constraints do. The call is recorded."""


class NoMiddleware(ImproperlyConfigured):
    """A token reached a view whose answer does not pass through AuditMiddleware, so no row would be written."""

    def __init__(self) -> None:
        super().__init__("on_behalf_of.drf.middleware.AuditMiddleware is missing; add it at the end of MIDDLEWARE.")


class NestedTransaction(ImproperlyConfigured):
    """A transaction was opened before a change was authenticated, so the change and its row cannot commit together."""

    def __init__(self, view: str) -> None:
        super().__init__(
            f"{view} opens a transaction before it authenticates, so its changes cannot commit together with their "
            "row; put transaction.atomic on the method that makes the change."
        )


@dataclass
class AccessRecord:
    """The record of one call while it is served. A call without an accepted token leaves no row."""

    request: HttpRequest
    breaker: Breaker = field(default_factory=Breaker)
    is_attached: bool = True  # by AuditMiddleware, which writes the row
    request_id: str = field(default_factory=time_ordered_id)
    token: AccessToken | None = None
    scopes_required: tuple[str, ...] = ()
    reason: str = ""  # code of the refusal or failure; empty if there is none
    defers_work: bool = False  # the view calls begin_work itself, once the request's body is parsed
    _began: float = field(default_factory=time.monotonic)
    _limit: AbstractContextManager[None] | None = None  # on the call's database time, once there is one
    _is_of_the_api: bool = False
    _is_open: bool = False  # whether the transaction is open
    _is_change: bool = False
    _may_write: bool | None = None
    _depth: int = 0  # number of transactions opened around the view

    def __post_init__(self) -> None:
        if self.request.method not in SAFE_METHODS:  # reads open no transaction
            self._depth = _open_transactions()

    @cached_property
    def _transaction(self) -> ExitStack:
        """Holds the changes and the row."""
        return ExitStack()

    @cached_property
    def _change(self) -> ExitStack:
        """Holds the changes without the row, so that they can be undone."""
        return ExitStack()

    @cached_property
    def trace_id(self) -> str:
        """The caller's trace id (W3C Trace Context), or else a new one."""
        return self._trace_of_caller.id if self._trace_of_caller else time_ordered_id()

    @cached_property
    def _trace_of_caller(self) -> Trace | None:
        return Trace.parse(self.request.META.get("HTTP_TRACEPARENT"))

    @property
    def traceparent(self) -> str:
        """The caller's traceparent header if it is well formed, else empty."""
        return self._trace_of_caller.received if self._trace_of_caller else ""

    def begin(self, database_time: float | None) -> None:
        """From here on, limit this call's database time, recording included, to that many seconds; None: no limit."""
        self._is_of_the_api = True
        if database_time is not None and self._limit is None:
            self._limit = limited_database_time(database_time)
            self._limit.__enter__()  # `_limited` leaves it

    def open_around_view(self) -> None:
        """Open the transaction around the one that Django opens for each view with ATOMIC_REQUESTS.

        Raises DatabaseError.
        """
        self._open(durable=False)
        self._depth = _open_transactions() + 1

    def begin_work(self, *, is_change: bool) -> None:
        """Make sure that the call can be recorded, before the view does anything.

        For a change, open the transaction that holds the change and, at its end, the row: both commit or neither.
        Raises DatabaseError, and NestedTransaction if the view has already opened a transaction.
        """
        if self.token is not None:
            self._check_breaker()
        if not is_change or self._is_change:
            return
        if not self._is_open:
            if _open_transactions() != self._depth:
                raise NestedTransaction(_name_of_view(self.request))
            self._open(durable=True)
        self._is_change = True

    def _open(self, *, durable: bool) -> None:
        alias = log_alias()
        try:
            with self._own_limit():
                self._transaction.enter_context(turn_to_write())
                self._transaction.enter_context(transaction.atomic(using=alias, durable=durable))
                self._change.enter_context(transaction.atomic(using=alias))
        except DatabaseError:
            self._transaction.close()
            self.failed()
            raise
        self._is_open = True

    def _own_limit(self) -> AbstractContextManager[None]:
        """Limit the log's own statements if the call as a whole has no limit."""
        return limited_database_time(DATABASE_TIME) if self._limit is None else nullcontext()

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """End the call's limit after the block; without one, limit the block."""
        limit, self._limit = self._limit, None
        if limit is None:
            limit = limited_database_time(DATABASE_TIME)
            limit.__enter__()
        try:
            yield
        finally:
            limit.__exit__(None, None, None)

    def failed(self) -> None:
        """Note that the database failed: this call does not try again, and the breaker spares other calls the wait."""
        self.breaker.failed()
        self._may_write = False

    def finish(self, status: int) -> None:
        """Write the row, after undoing what an unsuccessful call changed.

        If the row cannot be written, undo the change too and raise DatabaseError. If the database refuses the change
        when it commits, record that and raise ChangeRefused: the log works, and trying again would not help.
        """
        is_success = status < 400  # noqa: PLR2004 - errors begin there
        is_written = False
        try:
            with self._limited(), self._transaction:
                with self._change:
                    if self._is_change and not is_success:
                        transaction.set_rollback(True, using=log_alias())
                is_written = self._write(status)
        except NotRecordable:
            raise
        except DatabaseError as error:
            if isinstance(error, IntegrityError) and is_written and self._is_open:
                self._is_open = False
                self.reason = "unexpected_error"
                with limited_database_time(DATABASE_TIME):
                    self._write(HTTPStatus.INTERNAL_SERVER_ERROR)
                raise ChangeRefused(*error.args) from error
            self.failed()
            raise
        if is_written:  # and committed, at the end of the block above
            self.breaker.succeeded()
            seal_in_background()

    def finish_later(self, status: int) -> tuple[NewRow, float] | None:
        """Return the row, which the server writes, and the seconds that writing may take.

        None if the row belongs to an open transaction or there is none to write: then call `finish`. Raises
        NotRecordable.
        """
        if self._is_open or self.token is None:
            return None
        with self._limited():
            limit = current_limit()
            self._check_breaker()
            return self._row(self.token, status), limit.left() if limit else DATABASE_TIME

    def written(self, error: Exception | None) -> None:
        """Note what became of a row that `finish_later` returned. May be called in any thread."""
        if error is None:
            self.breaker.succeeded()
        elif not isinstance(error, NotWritten):
            self.breaker.failed()

    def abandon(self) -> None:
        """Undo the change and let others write. There will be no answer, so there is nothing to record."""
        with suppress(DatabaseError), self._limited(), self._transaction, self._change:
            if self._is_open:
                transaction.set_rollback(True, using=log_alias())

    def tell(self, observer: Observer, span: Span, status: int) -> None:
        """Report the finished call to the observer and the span, without anything secret."""
        method, route = self.request.method if self.request.method in METHODS else None, _route(self.request)
        observer.answered(method or "other", route, status, time.monotonic() - self._began)
        if span is not NO_SPAN:
            span.set("http.request.method", method or "_OTHER")
            span.set("http.route", route)
            span.set("http.response.status_code", status)
        if self.reason or status == 401:  # noqa: PLR2004
            observer.refused(self.reason or "no_token")

    def _check_breaker(self) -> None:
        if self._may_write is None:
            self._may_write = self.breaker.enter() == 0
        if not self._may_write:
            raise NotRecordable

    def _write(self, status: int) -> bool:
        if self.token is None:
            if self._is_of_the_api and status in {400, 401}:
                refused_tokens().add(_route(self.request), self.reason or "no_token")
            return False
        self._check_breaker()
        row = self._row(self.token, status)
        if self._is_open:  # in the transaction of the change
            insert_rows([row])
            return True
        try:
            access_log().write(row)
        except NotWritten as error:
            raise NotRecordable from error
        return True

    def _row(self, token: AccessToken, status: int) -> NewRow:
        return NewRow(DelegatedAccess, self._fields(token, status))

    def _fields(self, token: AccessToken, status: int) -> dict[str, object]:
        request, actor = self.request, token.actor
        return {
            "request_id": self.request_id,
            "trace_id": self.trace_id,
            "trace_from_caller": self._trace_of_caller is not None,
            "issuer": token.issuer,
            "subject": token.subject,
            "client_id": token.client_id,
            "organization": token.organization or "",
            "actor": actor.subject if actor else "",
            "actor_chain": [each.members() for each in actor.chain()] if actor else [],
            "token_id": token.jwt_id or f"sha256:{token.digest}",
            "scopes": sorted(token.scopes),
            "scopes_required": list(self.scopes_required),
            "method": (request.method or "")[:16],
            "path": _CONTROL.sub("\N{REPLACEMENT CHARACTER}", request.path)[:MAX_PATH],
            "route": _route(request),
            "status": status,
            "decision": _decision(status),
            "reason": self.reason or REASON_OF_STATUS.get(status, ""),
            "source_address": _address(request.META.get("REMOTE_ADDR", "")),
            "duration_ms": round((time.monotonic() - self._began) * 1000),
        }


def _open_transactions() -> int:
    return len(log_connection().atomic_blocks)


def _name_of_view(request: HttpRequest) -> str:
    match = request.resolver_match
    return match._func_path if match else request.path  # noqa: SLF001 - the name that Django shows


def _route(request: HttpRequest) -> str:
    """Return the URL pattern that the path matched, empty if there is none. Unlike paths, patterns are few."""
    match = request.resolver_match
    return readable_route(f"/{match.route}")[:MAX_PATH] if match else ""


@lru_cache(maxsize=1_024)
def _address(text: str) -> str | None:
    """Return the caller's address if databases can store it. TrustedProxyMiddleware has determined it."""
    address = parsed(text)
    return str(address).partition("%")[0] if address else None  # a zone is meaningful on this machine only


def _decision(status: int) -> str:
    if status in {401, 403}:
        return Decision.REFUSED
    return Decision.FAILED if status >= 500 else Decision.ALLOWED  # noqa: PLR2004
