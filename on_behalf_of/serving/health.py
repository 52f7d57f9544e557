"""`/healthz` (the process is up) and `/readyz` (it can do its job): every service mounts both."""

import logging
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def readiness(**checks: Callable[[], object]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a view that runs each named check: 200 `{"status": "ok"}`, or 503 with the names of those that failed.

    A check fails by raising or by returning False. The exception's type goes to the log, and never into the answer.
    """

    @require_safe
    @never_cache
    def readyz(_request: HttpRequest) -> HttpResponse:
        failed = [name for name, check in checks.items() if not _passes(name, check)]
        if failed:
            return JsonResponse({"status": "unready", "failed": failed}, status=503)
        return JsonResponse({"status": "ok"})

    return readyz


def database_answers() -> None:
    """Query the default database. Raises DatabaseError if it does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        return check() is not False
    except Exception as error:  # noqa: BLE001 - any exception means not ready
        log.warning("not ready: %s failed with %s", name, type(error).__name__)
        return False
