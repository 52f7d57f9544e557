"""Share exchanged tokens between processes, in a cache that may be down, slow, or hostile."""

import json
import logging
import math
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from on_behalf_of.exchange.errors import ExchangeError
from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.token_source import Obtained, Origin, TokenSource, Wanted
from on_behalf_of.http_client.pause import pause
from on_behalf_of.primitives.sealed_box import SealedBox, Unsealable
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

logger = logging.getLogger(__name__)

TURN = 3  # seconds that one process has for an exchange; if it dies, the others wait at most that long
POLL = 0.04  # seconds between lookups of a token that another process is exchanging
LOG_PAUSE = 60.0  # seconds between log lines about entries that are not ours


class Turn(Enum):
    OURS = auto()
    ANOTHERS = auto()
    UNKNOWN = auto()  # the cache does not answer


class SharedSource:
    """Shares tokens with other processes through a cache, and lets one process at a time ask `source` for a token.

    Calls never fail because of the cache: without it, each process exchanges tokens itself. Its content is not trusted:
    an entry must decrypt for its own place, and its token must then pass `verify`, which raises ExchangeError for a
    token other than the one that is wanted.
    """

    def __init__(
        self,
        source: TokenSource,
        cache: GuardedCache,
        cipher: SealedBox,
        *,
        verify: Callable[[str, Wanted], ExchangedToken],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source, self._verify = source, verify
        self._cache, self._cipher, self._clock = cache, cipher, clock
        self._told_at = -math.inf

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:
        """Return the token from the cache, else from `source`; then store it.

        Raises what `source` raises, and CallerGone.
        """
        if rejected is not None:
            self._forget(wanted, rejected)
        with self._turn(wanted, rejected) as found:
            if found is not None:
                return Obtained(found, Origin.SHARED)
            obtained = self._source.token(wanted, rejected=rejected)
            self._keep(wanted, obtained.token)
            return obtained

    @contextmanager
    def _turn(self, wanted: Wanted, rejected: ExchangedToken | None) -> Iterator[ExchangedToken | None]:
        """Wait for the token if another process is getting it; else take this process's turn to get it."""
        name = secrets.token_bytes(16)
        gives_up_at = time.monotonic() + min(TURN, wanted.deadline.remaining() / 2)
        turn = Turn.ANOTHERS
        found: ExchangedToken | None = None
        try:
            while turn is Turn.ANOTHERS and not (found := self._look_up(wanted, rejected)):
                if not self._cache.is_readable or time.monotonic() >= gives_up_at:
                    break  # without reading, waiting is pointless
                turn = self._take_turn(wanted, name)
                if turn is Turn.ANOTHERS:
                    pause(random.uniform(POLL / 2, POLL), wanted.interruption)  # noqa: S311 - it spreads the lookups
            if turn is Turn.OURS:  # the process whose turn it was may have stored the token since our last lookup
                found = self._look_up(wanted, rejected)
            yield found
        finally:
            if turn is Turn.OURS:
                self._end_turn(wanted, name)

    def _look_up(self, wanted: Wanted, rejected: ExchangedToken | None) -> ExchangedToken | None:
        """Return the token in the cache if it verifies like a new one and is not the one that the API rejected."""
        token = self._read(wanted)
        if not token or (rejected is not None and token == rejected.value):
            return None
        try:
            found = self._verify(token, wanted)
        except ExchangeError:
            return None
        return found if found.is_usable(self._clock()) else None

    def _forget(self, wanted: Wanted, rejected: ExchangedToken) -> None:
        """Delete this token only; keep one that has replaced it."""
        if self._read(wanted) == rejected.value:
            self._cache.delete(token_entry(wanted))

    def _read(self, wanted: Wanted) -> str | None:
        """Return the token in the cache, not yet verified."""
        entry = self._cache.get(token_entry(wanted))
        if entry is None:
            return None
        try:
            return _token_in(self._cipher.open(entry, associated_data(wanted)))
        except Unsealable as error:
            self._tell(error)
            return None

    def _keep(self, wanted: Wanted, exchanged: ExchangedToken) -> None:
        seconds = int(exchanged.kept_until - self._clock())
        if seconds < 1:
            return
        content = json.dumps({"access_token": exchanged.value}).encode()
        entry = self._cipher.seal(content, associated_data(wanted))
        self._cache.set(token_entry(wanted), entry, seconds)

    def _take_turn(self, wanted: Wanted, name: bytes) -> Turn:
        added = self._cache.add(turn_entry(wanted), name, TURN)
        return Turn.UNKNOWN if added is None else Turn.OURS if added else Turn.ANOTHERS

    def _end_turn(self, wanted: Wanted, name: bytes) -> None:
        """End the turn if it is still ours. It may have expired, so that another process has it now."""
        if self._cache.get(turn_entry(wanted)) == name:
            self._cache.delete(turn_entry(wanted))

    def _tell(self, why: Exception) -> None:
        """Log that others write into the cache, or that a key was removed too early; at most once a minute."""
        now = time.monotonic()
        if now - self._told_at >= LOG_PAUSE:
            self._told_at = now
            logger.warning("An entry of the shared cache was not used: %s.", why)


def _token_in(content: bytes) -> str:
    try:
        members = parse_object(content)
    except MalformedJson:
        members = {}
    token = members.get("access_token")
    if not isinstance(token, str) or len(members) != 1:
        raise Unsealable("it has other content")
    return token


def token_entry(wanted: Wanted) -> str:
    return f"token:{wanted.key}"


def turn_entry(wanted: Wanted) -> str:
    return f"turn:{wanted.key}"


def associated_data(wanted: Wanted) -> bytes:
    """Return what an entry is bound to, so that it is valid in its own place only."""
    key, token = wanted.key, wanted.caller.token
    about = (token.issuer, token.subject, key.audience, key.client_id, *key.scope)
    return json.dumps(["exchanged token", str(key), *about]).encode()
