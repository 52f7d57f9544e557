import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from resource_server.errors import InvalidToken, KeysUnavailable, Reason
from resource_server.issuer_metadata import IssuerMetadata, IssuerMetadataInvalid, discover
from resource_server.json_web_key_set import usable_keys
from resource_server.strict_json import MalformedJson
from resource_server.upstream_http import UpstreamError, UpstreamHttp

logger = logging.getLogger(__name__)

RETRY_PAUSE = 1.0  # seconds after a failed fetch during which callers are told so at once
MAX_KEY_SET = 524_288  # bytes


@dataclass(frozen=True)
class KeyFetching:
    """How an issuer's keys are fetched and for how long they are used."""

    max_age: float = 600  # seconds after which keys are fetched again, in the background
    refetch_cooldown: float = 10  # seconds between fetches that an unknown `kid` may cause
    timeout: float = 10  # seconds for each request of a fetch
    ca_file: Path | None = None  # certificates to trust in place of the public ones


@dataclass(frozen=True)
class _Held:
    keys: Mapping[str, RSAPublicKey]
    metadata: IssuerMetadata
    fetched_at: float


class IssuerKeys:
    """The issuer's published keys, fetched when needed and held while they are good.

    While keys are held, nobody who presents a token signed with one of them waits for a fetch: keys past their age
    are renewed in the background, and the last good set stays in use while that fails. A `kid` that is not held
    causes one fetch that all its presenters share, then none for a while, so that invented names cannot be used
    against the issuer. Safe to share between threads.
    """

    def __init__(self, issuer: str, fetching: KeyFetching, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self.generation = 0  # grows when the set of keys changes
        self._fetching = fetching
        self._clock = clock
        self._http = UpstreamHttp(timeout=fetching.timeout, ca_file=fetching.ca_file, pool_size=2)
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._flight: Future[_Held] | None = None
        self._failed_at = -math.inf
        self._failing = False
        self._asked_for_unknown_at = -math.inf

    def key(self, key_id: str) -> RSAPublicKey:
        """The key named `key_id`.

        Raises InvalidToken where the issuer does not publish it, KeysUnavailable where the issuer cannot be asked.
        """
        held = self._held
        if held is None:
            held = self._fetch()
        elif key_id not in held.keys:
            held = self._fetch_for_unknown(held)
        else:
            self.refresh_if_due()
        if key_id not in held.keys:
            raise InvalidToken(Reason.UNKNOWN_KEY)
        return held.keys[key_id]

    def metadata(self) -> IssuerMetadata:
        """The issuer's endpoints. Raises KeysUnavailable where the issuer cannot be asked."""
        held = self._held or self._fetch()
        self.refresh_if_due()
        return held.metadata

    def ready(self) -> bool:
        """Whether keys are held. Where none are, a fetch is begun, so that asking again later pays."""
        self.prefetch()
        return self._held is not None

    def prefetch(self) -> None:
        """Begin to fetch, unless keys are held; wait for nothing."""
        if self._held is None and self._pause_left() <= 0:
            self._fetch_in_background()

    def refresh_if_due(self) -> None:
        """Begin to renew keys that are past their age; wait for nothing."""
        held = self._held
        if held and self._clock() - held.fetched_at > self._fetching.max_age and self._pause_left() <= 0:
            self._fetch_in_background()

    def _pause_left(self) -> float:
        pause = RETRY_PAUSE if self._held is None else self._fetching.refetch_cooldown
        return self._failed_at + pause - self._clock()

    def _unavailable(self) -> KeysUnavailable:
        return KeysUnavailable(retry_after=max(1, math.ceil(self._pause_left())))

    def _fetch_for_unknown(self, held: _Held) -> _Held:
        with self._lock:
            flying = self._flight is not None
            due = self._clock() - self._asked_for_unknown_at >= self._fetching.refetch_cooldown
            if due and not flying:
                self._asked_for_unknown_at = self._clock()
        if due or flying:
            return self._fetch(force=True)
        if self._failing:  # the issuer could not be asked the last time, so nobody knows about this key
            raise self._unavailable()
        return self._held or held

    def _fetch(self, *, force: bool = False) -> _Held:
        """Fetch, or wait for the fetch under way; single flight."""
        flight, mine = self._join_flight(force=force)
        if flight is None:
            raise self._unavailable()
        if mine:
            self._fly(flight)
        try:
            return flight.result(timeout=3 * self._fetching.timeout + 1)
        except (UpstreamError, FutureTimeout) as error:
            raise self._unavailable() from error

    def _fetch_in_background(self) -> None:
        flight, mine = self._join_flight(force=False)
        if flight is not None and mine:
            threading.Thread(target=self._fly, args=(flight,), name="issuer-keys", daemon=True).start()

    def _join_flight(self, *, force: bool) -> tuple["Future[_Held] | None", bool]:
        with self._lock:
            if self._flight is not None:
                return self._flight, False
            if not force and self._pause_left() > 0:
                return None, False
            self._flight = Future()
            return self._flight, True

    def _fly(self, flight: "Future[_Held]") -> None:
        try:
            fetched = self._fetched()
        except UpstreamError as error:
            self._land(None)
            self._note_failure(error)
            flight.set_exception(error)
        except BaseException:
            self._land(None)
            flight.set_exception(UpstreamError("The issuer's keys could not be read."))
            raise
        else:
            self._land(fetched)
            flight.set_result(fetched)

    def _land(self, fetched: _Held | None) -> None:
        with self._lock:
            self._flight = None
            if fetched is None:
                self._failed_at = self._clock()
                return
            if self._held is None or self._held.keys != fetched.keys:
                self.generation += 1
            self._held = fetched
            if self._failing:
                logger.warning("The keys of %s can be fetched again.", self.issuer)
            self._failing = False

    def _note_failure(self, error: UpstreamError) -> None:
        if not self._failing:  # once for each outage, not once for each attempt
            consequence = (
                "the last good keys stay in use" if self._held else "tokens cannot be verified until it succeeds"
            )
            logger.warning("The keys of %s cannot be fetched: %s Until then %s.", self.issuer, error, consequence)
        self._failing = True

    def _fetched(self) -> _Held:
        held = self._held
        began = self._clock()
        known = held.metadata if held and began - held.fetched_at <= self._fetching.max_age else None
        metadata = known or discover(self.issuer, self._http, deadline=self._fetching.timeout)
        answer = self._http.request("GET", metadata.jwks_uri, max_bytes=MAX_KEY_SET)
        try:
            keys = usable_keys(answer.json()) if answer.status == 200 else {}  # noqa: PLR2004
        except MalformedJson as error:
            raise IssuerMetadataInvalid(f"The key set of {self.issuer} is {error}.") from error
        if not keys:
            raise IssuerMetadataInvalid(
                f"{self.issuer} publishes no RS256 key that can be used (status {answer.status})."
            )
        return _Held(keys, metadata, began)
