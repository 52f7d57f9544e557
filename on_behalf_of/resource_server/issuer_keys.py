import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp
from on_behalf_of.resource_server.errors import InvalidToken, KeysUnavailable, Reason
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata
from on_behalf_of.resource_server.key_fetching import KeyFetching
from on_behalf_of.resource_server.published_keys import fetch_keys
from on_behalf_of.resource_server.shared_fetch import FetchFailed, Flight, SharedFetch

logger = logging.getLogger(__name__)

RETRY_PAUSE = 1.0  # seconds after a failed fetch during which callers are told so at once
UNKNOWN_BURST = 2  # fetches that unknown names may cause at once; each comes back after a cooldown
RENEWAL = 0.8  # part of their age after which keys are renewed, so that good ones are there when it is over


@dataclass(frozen=True)
class _Held:
    keys: Mapping[str, RSAPublicKey]
    metadata: IssuerMetadata | None  # None with given keys
    fetched_at: float


class IssuerKeys:
    """The issuer's published keys, fetched when needed and held while they are good.

    While keys are held, callers whose tokens are signed with one of them never wait for a fetch: keys are renewed in
    the background before their age is over. While that fails, the last good set stays in use until `max_stale`; then it
    is dropped, so that a withdrawn key is not trusted indefinitely. A `kid` that is not held
    causes one fetch that all its presenters share; after a few, none for a while, so that invented names cannot be
    used against the issuer. Few wait for it, and not for long, so that an issuer that hangs takes no threads away
    from those whose keys are held. With `KeyFetching.given_keys`, these are held for good and the issuer is never
    asked. Safe to share between threads.
    """

    def __init__(
        self,
        issuer: str,
        fetching: KeyFetching,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_fetch: Callable[[bool], None] = lambda _succeeded: None,
    ) -> None:
        self.issuer = issuer
        self.generation = 0  # grows when the set of keys changes
        self._fetching = fetching
        self._clock = clock
        self._http = UpstreamHttp(timeout=fetching.timeout, ca_file=fetching.ca_file, pool_size=2)
        self._lock = threading.Lock()  # guards all that follows
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
        """The key named `key_id`.

        Raises InvalidToken where the issuer does not publish it, KeysUnavailable where the issuer cannot be asked.
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
        """The issuer's endpoints. Raises KeysUnavailable where the issuer cannot be asked or its keys are given."""
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
        """Whether keys are held. Where none are, a fetch is begun, so that asking again later pays."""
        self.prefetch()
        return self.are_held()

    def are_held(self) -> bool:
        """Whether there are keys by which tokens can be judged; what they verified earlier is no better than they."""
        return self._good() is not None

    def prefetch(self) -> None:
        """Begin to fetch, unless keys are held; wait for nothing."""
        if self._is_cold():
            self._fetch.join_or_begin(self._is_cold)

    def refresh_if_due(self) -> None:
        """Begin to renew keys that come of age; wait for nothing."""
        if self._is_due():
            self._fetch.join_or_begin(self._is_due)

    def keep_fresh(self, stop: threading.Event) -> None:
        """Renew the keys whether or not anybody asks for them, in a thread of its own, until `stop` is set.

        Without it, the first requests after an idle time would be judged by keys that are past their age.
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
        """What is held, while it may be used."""
        held = self._held
        return held if held and self._age(held) <= self._fetching.max_age + self._fetching.max_stale else None

    def _age(self, held: _Held) -> float:
        return self._clock() - held.fetched_at

    # When to fetch. Each is asked again under the lock, for what it is about may have come meanwhile.

    def _is_cold(self) -> bool:
        return self._good() is None and self._pause_left() <= 0

    def _is_due(self) -> bool:
        held = self._good()
        return held is not None and self._age(held) > self._fetching.max_age * RENEWAL and self._pause_left() <= 0

    def _may_ask_for(self, key_id: str) -> bool:
        """Whether this unknown `kid` is worth a fetch: a few are, then none for a while; none if keys are given."""
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
        """What `flight` fetches; without one, what is held."""
        if flight is not None:
            try:
                return self._fetch.result_of(flight)
            except FetchFailed as error:
                raise self._unavailable() from error
        with self._lock:
            held = self._good()
            if held is None or self._failing:  # what the issuer publishes by now is unknown
                raise self._unavailable()
            return held

    def _unavailable(self) -> KeysUnavailable:
        return KeysUnavailable(retry_after=math.ceil(max(1.0, self._pause_left())))

    def _hold(self, fetched: _Held) -> None:
        changed = self._held is None or self._held.keys != fetched.keys
        self._held = fetched
        if changed:  # after the keys: who reads the new generation must not verify with the old ones
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
        began = self._clock()
        try:
            keys, metadata = fetch_keys(self.issuer, self._http, deadline=self._fetching.timeout)
        except UpstreamError:
            raise
        except Exception as error:
            logger.exception("Fetching the keys of %s failed in a way that was not foreseen.", self.issuer)
            raise UpstreamError("they could not be read.") from error
        return _Held(keys, metadata, began)
