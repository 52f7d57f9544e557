"""How long an issuer's keys are kept, and when they are fetched again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from on_behalf_of.primitives.declared_settings import DeclaredSettings
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, Reason
from on_behalf_of.resource_server.shared_fetch import FetchFailed, Flight, SharedFetch

if TYPE_CHECKING:  # settings import KeyFetching, and need not load cryptography and ssl
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata

logger = logging.getLogger(__name__)

RENEWAL = 0.8  # part of `max_age` after which keys are renewed, so that fresh ones are there when it is over
RETRY_PAUSE = 1.0  # seconds after a failed fetch during which callers without keys are refused at once
UNKNOWN_BURST = 2  # fetches that unknown `kid`s may cause at once; each comes back after a cooldown


@dataclass(frozen=True)
class KeyFetching:
    """How an issuer's keys are fetched, and how long they are used."""

    max_age: float = 600  # seconds that keys are good; they are renewed in the background before that
    max_stale: float = 14_400  # seconds beyond that for which keys stay in use if they cannot be renewed
    refetch_cooldown: float = 10  # seconds after which an unknown `kid` may cause a fetch again, once two did
    timeout: float = 10  # seconds for each request of a fetch
    ca_file: Path | None = None  # certificates to trust in place of the public ones
    given_keys: Mapping[str, RSAPublicKey] | None = field(default=None, hash=False)  # by `kid`; nothing is fetched then

    @classmethod
    def declared(cls, entry: DeclaredSettings, *, timeout: float) -> KeyFetching:
        """Read the options from a project's settings: KEYS_MAX_AGE, KEYS_MAX_STALE, KEYS_COOLDOWN and CA_FILE."""
        return cls(
            max_age=entry.number("KEYS_MAX_AGE", cls.max_age, low=1, high=86_400),
            max_stale=entry.number("KEYS_MAX_STALE", cls.max_stale, low=0, high=604_800),
            refetch_cooldown=entry.number("KEYS_COOLDOWN", cls.refetch_cooldown, low=1, high=3_600),
            timeout=timeout,
            ca_file=entry.file("CA_FILE"),
        )


@dataclass(frozen=True)
class _Held:
    keys: Mapping[str, RSAPublicKey]
    metadata: IssuerMetadata | None  # None with given keys
    fetched_at: float


class IssuerKeys:
    """The issuer's published keys, fetched when needed and kept while they are good.

    While a token's key is held, its caller never waits for a fetch: keys are renewed in the background before
    `max_age`. If that fails, the last good set stays in use until `max_stale`; then it is dropped, so that a withdrawn
    key is not trusted indefinitely. An unknown `kid` causes one fetch, which all its presenters share. After
    `UNKNOWN_BURST` of those, none is made for a while, so that invented names cannot be used against the issuer. Few
    callers wait for a fetch, and not for long (see `shared_fetch`). With `given_keys`, those are kept for good and the
    issuer is never asked. Safe to share between threads.
    """

    def __init__(
        self,
        issuer: str,
        fetching: KeyFetching,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_fetch: Callable[[bool], None] = lambda _succeeded: None,
    ) -> None:
        from on_behalf_of.http_client.http_client import UpstreamHttp  # see TYPE_CHECKING above

        self.issuer = issuer
        self.generation = 0  # grows when the set of keys changes
        self._fetching = fetching
        self._clock = clock
        self._http = UpstreamHttp(timeout=fetching.timeout, ca_file=fetching.ca_file, pool_size=2)
        self._lock = threading.Lock()  # guards everything below
        self._fetch = SharedFetch(
            self._fetched,
            name="issuer-keys",
            lock=self._lock,
            clock=clock,
            on_success=self._hold,
            on_failure=self._note_failure,
            on_end=on_fetch,
        )
        given = fetching.given_keys
        self._held: _Held | None = None if given is None else _Held(dict(given), None, math.inf)
        self._failed_at = -math.inf
        self._failing = False
        self._budget, self._budget_at = float(UNKNOWN_BURST), clock()  # fetches that unknown names may still cause

    def key(self, key_id: str) -> RSAPublicKey:
        """Return the key named `key_id`.

        Raises InvalidToken if the issuer does not publish it, KeysUnavailable if the issuer cannot be asked.
        """
        held = self._good()
        if held is None:
            held = self._awaited(self._fetch.join_or_begin(self._is_cold))
        elif key_id not in held.keys:
            held = self._awaited(self._fetch.join_or_begin(lambda: self._may_ask_for(key_id)))
        else:
            self.refresh_if_due()
        if key_id not in held.keys:
            raise InvalidToken(Reason.UNKNOWN_KEY)
        return held.keys[key_id]

    def metadata(self) -> IssuerMetadata:
        """Return the issuer's endpoints. Raises KeysUnavailable if it cannot be asked, or if its keys are given."""
        held = self._good() or self._awaited(self._fetch.join_or_begin(self._is_cold))
        self.refresh_if_due()
        if held.metadata is None:
            raise self._unavailable()
        return held.metadata

    def metadata_if_held(self) -> IssuerMetadata | None:
        """Return the issuer's endpoints as last fetched; None if there are none. Never fetches."""
        held = self._good()
        return held.metadata if held else None

    def ready(self) -> bool:
        """Return whether keys are held. If not, begin to fetch them, so that asking again later may succeed."""
        self.prefetch()
        return self.are_held()

    def are_held(self) -> bool:
        """Return whether usable keys are held. Tokens verified earlier count only while they are."""
        return self._good() is not None

    def prefetch(self) -> None:
        """Begin to fetch unless keys are held. Never waits."""
        if self._is_cold():
            self._fetch.join_or_begin(self._is_cold)

    def refresh_if_due(self) -> None:
        """Begin to renew keys that are near `max_age`. Never waits."""
        if self._is_due():
            self._fetch.join_or_begin(self._is_due)

    def keep_fresh(self, stop: threading.Event) -> None:
        """Start a thread that renews the keys until `stop` is set, even if no request comes.

        Without it, the first requests after an idle time would be verified with keys older than `max_age`.
        """
        threading.Thread(target=self._keep_fresh, args=(stop,), name="issuer-keys-renewal", daemon=True).start()

    def _keep_fresh(self, stop: threading.Event) -> None:
        pause = max(1.0, self._fetching.max_age * (1 - RENEWAL) / 4)
        while True:
            self.prefetch()
            self.refresh_if_due()
            if stop.wait(pause):
                return

    def _good(self) -> _Held | None:
        """Return what is held, while it may be used."""
        held = self._held
        return held if held and self._age(held) <= self._fetching.max_age + self._fetching.max_stale else None

    def _age(self, held: _Held) -> float:
        return self._clock() - held.fetched_at

    # When to fetch. SharedFetch asks each of these again under the lock, because the answer may have changed.

    def _is_cold(self) -> bool:
        return self._good() is None and self._pause_left() <= 0

    def _is_due(self) -> bool:
        held = self._good()
        return held is not None and self._age(held) > self._fetching.max_age * RENEWAL and self._pause_left() <= 0

    def _may_ask_for(self, key_id: str) -> bool:
        """Return whether an unknown `kid` is worth a fetch: a few are, then none for a while; never with given keys."""
        if self._fetching.given_keys is not None:
            return False
        now = self._clock()
        held = self._good()
        if held and key_id in held.keys:
            return False
        earned = (now - self._budget_at) / self._fetching.refetch_cooldown
        self._budget, self._budget_at = min(UNKNOWN_BURST, self._budget + earned), now
        if self._budget < 1:
            return False
        self._budget -= 1
        return True

    def _pause_left(self) -> float:
        pause = RETRY_PAUSE if self._good() is None else self._fetching.refetch_cooldown
        return self._failed_at + pause - self._clock()

    def _awaited(self, flight: Flight[_Held] | None) -> _Held:
        """Return what `flight` fetches; without one, what is held. Raises KeysUnavailable."""
        if flight is not None:
            try:
                return self._fetch.result_of(flight)
            except FetchFailed as error:
                raise self._unavailable() from error
        with self._lock:
            held = self._good()
            if held is None or self._failing:  # the issuer may publish other keys by now
                raise self._unavailable()
            return held

    def _unavailable(self) -> KeysUnavailable:
        return KeysUnavailable(retry_after=math.ceil(max(1.0, self._pause_left())))

    def _hold(self, fetched: _Held) -> None:
        changed = self._held is None or self._held.keys != fetched.keys
        self._held = fetched
        if changed:  # after the keys, so that no one who sees the new generation verifies with the old keys
            self.generation += 1
        if self._failing:
            logger.warning("The keys of %s can be fetched again.", self.issuer)
        self._failing = False

    def _note_failure(self, error: Exception | str) -> None:
        self._failed_at = self._clock()
        if not self._failing:  # once for each outage, not once for each attempt
            hours = (self._fetching.max_age + self._fetching.max_stale) / 3600
            last = f"the last good keys stay in use, until they are {hours:.1f} hours old"
            consequence = last if self._good() else "tokens cannot be verified"
            logger.warning("The keys of %s cannot be fetched: %s Meanwhile %s.", self.issuer, error, consequence)
        self._failing = True

    def _fetched(self) -> _Held:
        from on_behalf_of.http_client.http_client import UpstreamError  # see TYPE_CHECKING above
        from on_behalf_of.resource_server.published_keys import fetch_keys

        began = self._clock()
        try:
            keys, metadata = fetch_keys(self.issuer, self._http, deadline=self._fetching.timeout)
        except UpstreamError:
            raise
        except Exception as error:
            logger.exception("Fetching the keys of %s failed unexpectedly.", self.issuer)
            raise UpstreamError("they could not be read.") from error
        return _Held(keys, metadata, began)
