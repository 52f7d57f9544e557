import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.exchange.errors import TenantUnavailable
from on_behalf_of.http_client.deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.resource_server.access_token import AccessToken

SWEEPING = 10.0  # seconds between looks for tokens that are of no more use; a look at all takes a millisecond
MARGIN = 30  # seconds before its end at which a token is no longer handed out: it must survive the way to the API


@dataclass(frozen=True)
class ExchangeKey:
    """What an exchanged token was asked for. The subject token is the user's, so no two users share a key."""

    subject_digest: str  # SHA-256 of token A, hexadecimal
    audience: str
    scope: tuple[str, ...]
    client_id: str

    def __str__(self) -> str:
        parts = (self.subject_digest, self.audience, " ".join(sorted(self.scope)), self.client_id)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class ExchangedToken:
    """Token B: what the API gets, and what was verified about it."""

    value: str = field(repr=False)
    token: AccessToken
    usable_until: float  # seconds since the epoch: when token A or token B ends, whichever comes first

    def is_usable(self, now: float) -> bool:
        """Whether it may still be handed out."""
        return now < self.usable_until - MARGIN


class ExchangeCache:
    """Exchanged tokens of this process, and the exchanges that are under way.

    Callers with the same key share one exchange; where it fails, it fails for all of them, and the next call tries
    again. Where it ends because its own caller went away, one of the others begins anew. No lock is held while an
    exchange runs. What is of no more use is forgotten although nobody asks for it. Safe to share between threads.
    """

    def __init__(self, *, max_entries: int = 4_096, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._tokens: OrderedDict[ExchangeKey, ExchangedToken] = OrderedDict()
        self._flights: dict[ExchangeKey, Future[ExchangedToken]] = {}
        self._swept_at = -math.inf

    def get_or_exchange(
        self,
        key: ExchangeKey,
        exchange: Callable[[], ExchangedToken],
        *,
        deadline: Deadline,
        interruption: Interruption,
    ) -> ExchangedToken:
        """The token for `key`; `exchange` runs in the calling thread of at most one caller at a time.

        Raises what `exchange` raises, in every caller that waited for it, and TenantUnavailable where it takes
        longer than a waiting caller's own deadline, CallerGone once its `interruption` happens.
        """
        while True:
            with self._lock:
                if held := self._usable(key):
                    return held
                flight = self._flights.get(key)
                if mine := flight is None:
                    flight = self._flights[key] = Future()
            if mine:
                self._fly(key, flight, exchange)
                return flight.result()
            _await(flight, deadline, interruption)
            if not isinstance(flight.exception(), CallerGone):  # that was about another caller
                return flight.result()

    def forget(self, key: ExchangeKey, rejected: ExchangedToken) -> None:
        """Hand this token out no more, because the API did not accept it; one that came in its place stays."""
        with self._lock:
            held = self._tokens.get(key)
            if held is not None and held.value == rejected.value:
                del self._tokens[key]

    def _usable(self, key: ExchangeKey) -> ExchangedToken | None:
        held = self._tokens.get(key)
        if held is None:
            return None
        if not held.is_usable(self._clock()):
            del self._tokens[key]
            return None
        self._tokens.move_to_end(key)
        return held

    def _fly(self, key: ExchangeKey, flight: Future[ExchangedToken], exchange: Callable[[], ExchangedToken]) -> None:
        try:
            exchanged = exchange()
        except BaseException as error:  # whatever it is, those who wait must not wait for ever
            self._land(key, None)
            flight.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            self._land(key, exchanged)
            flight.set_result(exchanged)

    def _land(self, key: ExchangeKey, exchanged: ExchangedToken | None) -> None:
        with self._lock:
            del self._flights[key]
            self._sweep()
            if exchanged is None or not exchanged.is_usable(self._clock()):
                return
            self._tokens[key] = exchanged
            while len(self._tokens) > self._max_entries:
                self._tokens.popitem(last=False)

    def _sweep(self) -> None:
        """Under the lock."""
        now = self._clock()
        if abs(now - self._swept_at) >= SWEEPING:
            self._swept_at = now
            for key in [key for key, held in self._tokens.items() if not held.is_usable(now)]:
                del self._tokens[key]


def _await(flight: Future[ExchangedToken], deadline: Deadline, interruption: Interruption) -> None:
    """Wait until somebody else's exchange is over, however it ends."""
    gone: Future[None] = Future()
    either: tuple[Future[Any], ...] = (flight, gone)
    with interruption.waking(lambda: gone.set_result(None)):
        wait(either, timeout=deadline.remaining(), return_when=FIRST_COMPLETED)
    if gone.done():
        raise CallerGone
    if not flight.done():
        raise TenantUnavailable("it did not answer in time")
