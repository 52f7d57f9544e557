"""Wrap a cache that processes share, so that its failures are not errors."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from on_behalf_of.primitives.circuit_breaker import CircuitBreaker

FAILURES = 2  # in a row, after which the cache is not used for a while

T = TypeVar("T")


class Cache(Protocol):
    """The methods of Django's caches that are used here. Each may raise any exception."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: Any, timeout: float | None) -> None: ...

    def add(self, key: str, value: Any, timeout: float | None) -> bool: ...

    def delete(self, key: str) -> bool: ...


class GuardedCache:
    """Uses the cache, and works without it while it fails. Safe to share between threads."""

    def __init__(self, cache: Cache, *, on_change: Callable[[str, bool], None] = lambda _part, _is_dead: None) -> None:
        self._cache = cache
        # Two breakers, because a cache may allow reads and refuse writes; successful reads would hide that.
        self._reading = CircuitBreaker(
            "The shared cache (reading)", failures=FAILURES, on_change=partial(on_change, "cache_reading")
        )
        self._writing = CircuitBreaker(
            "The shared cache (writing)", failures=FAILURES, on_change=partial(on_change, "cache_writing")
        )

    @property
    def is_readable(self) -> bool:
        """Return whether the last read succeeded, or there was none yet."""
        return self._reading.is_well

    def get(self, key: str) -> object:
        """Return the entry; None if there is none, or if the cache fails."""
        return self._guarded(self._reading, lambda: self._cache.get(key), None)

    def set(self, key: str, value: bytes, seconds: int) -> None:
        self._guarded(self._writing, lambda: self._cache.set(key, value, seconds), None)

    def add(self, key: str, value: bytes, seconds: int) -> bool | None:
        """Store the entry if there is none, and return whether it was stored; None if the cache fails."""
        return self._guarded(self._writing, lambda: self._cache.add(key, value, seconds), None)

    def delete(self, key: str) -> None:
        self._guarded(self._writing, lambda: self._cache.delete(key), None)

    def _guarded(self, breaker: CircuitBreaker, use: Callable[[], T], otherwise: T) -> T:
        """Return the result of `use`; `otherwise` if the cache fails, or failed just before."""
        if breaker.enter():
            return otherwise
        try:
            result = use()
        except Exception as error:  # noqa: BLE001 - any error means that the cache is not available
            breaker.failed(type(error).__name__)
            return otherwise
        except BaseException:
            breaker.gave_up()
            raise
        breaker.succeeded()
        return result
