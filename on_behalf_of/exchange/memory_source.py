import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from on_behalf_of.exchange.errors import TenantUnavailable
from on_behalf_of.exchange.kept_token import ExchangedToken, ExchangeKey
from on_behalf_of.exchange.token_source import Obtained, Origin, TokenSource, Wanted
from on_behalf_of.primitives.bounded_cache import BoundedCache
from on_behalf_of.primitives.call_error import CallerGone


class MemorySource:
    """Keeps the tokens of this process, and lets calls that want the same token share one request to `source`.

    If that request fails, it fails for all waiting calls, and the next call tries again. If it ends because its own
    caller went away, one of the others starts over. No lock is held during the request.
    """

    def __init__(
        self, source: TokenSource, *, max_entries: int = 4_096, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: BoundedCache[ExchangeKey, ExchangedToken] = BoundedCache(
            max_entries, ends_at=lambda held: held.kept_until, clock=clock
        )
        self._flights: dict[ExchangeKey, Future[Obtained]] = {}

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:
        """Return the token from memory, else from `source`, which only one caller at a time asks for it.

        Raises what `source` raises, in every call that waited for it; TenantUnavailable if it takes longer than the
        call's own deadline; CallerGone once the call is interrupted.
        """
        obtained = self._obtained(wanted, rejected)
        if rejected is not None and obtained.token.value == rejected.value:
            # Another call, which did not know of the rejection, has put it back from the shared cache meanwhile.
            obtained = self._obtained(wanted, rejected)
        return obtained

    def _obtained(self, wanted: Wanted, rejected: ExchangedToken | None) -> Obtained:
        if rejected is not None:
            self._forget(wanted.key, rejected)
        while True:
            with self._lock:
                if held := self._tokens.get(wanted.key):
                    return Obtained(held, Origin.MEMORY)
                flight = self._flights.get(wanted.key)
                if mine := flight is None:
                    flight = self._flights[wanted.key] = Future()
            if mine:
                self._fly(wanted, rejected, flight)
                return flight.result()
            _await(flight, wanted)
            if not isinstance(flight.exception(), CallerGone):  # else another caller has gone, not this one
                return Obtained(flight.result().token, Origin.MEMORY)

    def _forget(self, key: ExchangeKey, rejected: ExchangedToken) -> None:
        """Drop this token only; keep one that has replaced it."""
        with self._lock:
            held = self._tokens.get(key)
            if held is not None and held.value == rejected.value:
                self._tokens.drop(key)

    def _fly(self, wanted: Wanted, rejected: ExchangedToken | None, flight: Future[Obtained]) -> None:
        try:
            obtained = self._source.token(wanted, rejected=rejected)
        except BaseException as error:  # waiting calls must be released after any error
            self._land(wanted.key, None)
            flight.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            self._land(wanted.key, obtained.token)
            flight.set_result(obtained)

    def _land(self, key: ExchangeKey, exchanged: ExchangedToken | None) -> None:
        with self._lock:
            del self._flights[key]
            if exchanged is not None and exchanged.is_usable(self._clock()):
                self._tokens.put(key, exchanged)


def _await(flight: Future[Obtained], wanted: Wanted) -> None:
    """Wait until another call's request ends, whether or not it succeeds."""
    gone: Future[None] = Future()
    either: tuple[Future[Any], ...] = (flight, gone)
    with wanted.interruption.waking(lambda: gone.set_result(None)):
        wait(either, timeout=wanted.deadline.remaining(), return_when=FIRST_COMPLETED)
    if gone.done():
        raise CallerGone
    if not flight.done():
        raise TenantUnavailable("it did not answer in time")
