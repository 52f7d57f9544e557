"""Exchanged tokens that several processes share, in a cache that may be down, slow, or lying."""

import json
import logging
import math
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from on_behalf_of.exchange.cache import MARGIN, ExchangedToken
from on_behalf_of.exchange.entry_cipher import EntryCipher, UnusableEntry
from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.http_client.deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.pause import pause
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object

logger = logging.getLogger(__name__)

TURN = 3  # seconds that an exchange is left to one process; where that one dies, the others wait so long at most
POLL = 0.04  # seconds between looks for what another process is exchanging
LOG_PAUSE = 60.0  # seconds between lines about entries that are not ours


@dataclass(frozen=True)
class Place:
    """Where a token belongs in the cache, and all that it is about."""

    digest: str  # SHA-256 over the subject token's digest, audience, scope and client
    about: tuple[str, ...]  # issuer, user, audience, client, scopes

    def associated(self) -> bytes:
        return json.dumps(["exchanged token", self.digest, *self.about]).encode()


class Turn(Enum):
    OURS = auto()
    ANOTHERS = auto()
    UNKNOWN = auto()  # the cache does not answer


class SharedTokens:
    """Finds and keeps tokens, and sees to it that one process at a time exchanges for a place.

    Nothing that the cache does is an error to anybody: without it, each process exchanges for itself. Nothing that
    comes out of it is believed: it has to decrypt as what was put in this place, and then to pass `accept`. Safe to
    share between threads.
    """

    def __init__(
        self,
        cache: GuardedCache,
        cipher: EntryCipher,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cache, self._cipher, self._clock = cache, cipher, clock
        self._told_at = -math.inf

    def get_or_exchange(
        self,
        place: Place,
        accept: Callable[[str], ExchangedToken | None],
        exchange: Callable[[], ExchangedToken],
        *,
        deadline: Deadline,
        interruption: Interruption,
    ) -> ExchangedToken:
        """A token that `accept` returned for what stands in `place`, else what `exchange` returns, which is then kept.

        Raises what `exchange` raises, and CallerGone.
        """
        name = secrets.token_bytes(16)
        gives_up_at = time.monotonic() + min(TURN, deadline.remaining() / 2)
        turn = Turn.ANOTHERS
        try:
            while turn is Turn.ANOTHERS:
                if (token := self._read(place)) and (found := accept(token)):
                    return found
                if not self._cache.is_readable or time.monotonic() >= gives_up_at:
                    break  # where nothing can be read, nothing is worth waiting for
                turn = self._take_turn(place, name)
                if turn is Turn.ANOTHERS:
                    pause(random.uniform(POLL / 2, POLL), interruption)  # noqa: S311 - it spreads the looks
            # Whoever had its turn before may have put the token there since we looked.
            if turn is Turn.OURS and (token := self._read(place)) and (found := accept(token)):
                return found
            exchanged = exchange()
            self._keep(place, exchanged)
            return exchanged
        finally:
            if turn is Turn.OURS:
                self._end_turn(place, name)

    def forget(self, place: Place, rejected: ExchangedToken) -> None:
        """Take this token out, where it is what stands in `place`."""
        if self._read(place) == rejected.value:
            self._cache.delete(_token_key(place))

    def _read(self, place: Place) -> str | None:
        """The token that stands in `place`; nobody has verified it."""
        entry = self._cache.get(_token_key(place))
        if entry is None:
            return None
        try:
            return _token_in(self._cipher.open(entry, place.associated()))
        except UnusableEntry as error:
            self._tell(error)
            return None

    def _keep(self, place: Place, exchanged: ExchangedToken) -> None:
        seconds = int(exchanged.usable_until - MARGIN - self._clock())
        if seconds < 1:
            return
        content = json.dumps({"access_token": exchanged.value}).encode()
        entry = self._cipher.seal(content, place.associated())
        self._cache.set(_token_key(place), entry, seconds)

    def _take_turn(self, place: Place, name: bytes) -> Turn:
        added = self._cache.add(_turn_key(place), name, TURN)
        return Turn.UNKNOWN if added is None else Turn.OURS if added else Turn.ANOTHERS

    def _end_turn(self, place: Place, name: bytes) -> None:
        """Only where it is still ours: it may have taken so long that another process has it by now."""
        if self._cache.get(_turn_key(place)) == name:
            self._cache.delete(_turn_key(place))

    def _tell(self, why: Exception) -> None:
        """Somebody else writes there, or a key was taken away too early: worth a line, and not one for each entry."""
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
        raise UnusableEntry("it holds something else")
    return token


def _token_key(place: Place) -> str:
    return f"token:{place.digest}"


def _turn_key(place: Place) -> str:
    return f"turn:{place.digest}"
