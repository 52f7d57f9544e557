import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

SWEEPING = 10.0  # seconds between searches for expired entries; a search of 10,000 takes a millisecond

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """A dictionary of at most `most` entries, each with its own expiry time.

    The least recently used entry makes room for a new one. Expired entries are removed even if they are not asked for,
    so memory follows the entries in use. Not safe to share between threads: the owner's lock must guard it.
    """

    def __init__(self, most: int, *, ends_at: Callable[[Value], float], clock: Callable[[], float] = time.time) -> None:
        self._most = most
        self._ends_at, self._clock = ends_at, clock  # both in seconds since the same moment
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._swept_at = -math.inf

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the entry; None if there is none, or it has expired."""
        value = self._entries.get(key)
        if value is None:
            return None
        if self._clock() >= self._ends_at(value):
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        self._sweep()
        self._entries[key] = value
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def drop(self, key: Key) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()

    def _sweep(self) -> None:
        now = self._clock()
        if abs(now - self._swept_at) >= SWEEPING:  # a clock that was set back only costs one search
            self._swept_at = now
            for key in [key for key, value in self._entries.items() if now >= self._ends_at(value)]:
                del self._entries[key]
