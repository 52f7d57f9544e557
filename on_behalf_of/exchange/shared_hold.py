"""Share between processes how long the tenant must not be asked."""

import hashlib
import json
import math
import time
from collections.abc import Callable

from on_behalf_of.exchange.guarded_cache import GuardedCache
from on_behalf_of.primitives.sealed_box import SealedBox, Unsealable
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object


class SharedHold:
    """The time until which one tenant must not be asked, as an entry in the shared cache.

    The entry is authenticated, so that a hostile cache cannot stop exchanges for longer than the tenant asked for. An
    old entry that is replayed names a time in the past.
    """

    def __init__(
        self, cache: GuardedCache, cipher: SealedBox, issuer: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._cache, self._cipher, self._clock = cache, cipher, clock
        # A tenant's limits apply to all of its clients together.
        self._key = f"hold:{hashlib.sha256(issuer.encode()).hexdigest()}"
        self._about = json.dumps(["hold", issuer]).encode()

    def until(self) -> float:
        """Return the time in seconds since the epoch; 0 if there is no usable entry."""
        entry = self._cache.get(self._key)
        if entry is None:
            return 0
        try:
            until = parse_object(self._cipher.open(entry, self._about)).get("until")
        except (Unsealable, MalformedJson):
            return 0
        if isinstance(until, bool) or not isinstance(until, int | float) or not math.isfinite(until):
            return 0
        return until

    def keep(self, until: float) -> None:
        """Store the time for all processes, unless a later one is stored."""
        seconds = math.ceil(until - self._clock())
        if seconds > 0 and until > self.until():
            entry = self._cipher.seal(json.dumps({"until": until}).encode(), self._about)
            self._cache.set(self._key, entry, seconds)
