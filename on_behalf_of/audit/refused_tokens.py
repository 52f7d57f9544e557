"""Counts calls without a valid token by the minute. They are not recorded, so that they cannot fill the disk.

Best effort: counted in memory, written by the background thread, and not part of the sealed log.
"""

import secrets
import threading
from collections import Counter
from datetime import UTC, datetime
from functools import cache

from on_behalf_of.audit.models import RefusedTokens

MAX_KEYS = 500  # of one process, in one minute
MAX_ROUTE = 255  # characters

Key = tuple[datetime, str, str]  # minute, route, reason


class RefusedTokenCounter:
    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._changed: set[Key] = set()

    def add(self, route: str, reason: str) -> None:
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        key = (minute, route[:MAX_ROUTE], reason[:64])
        with self._lock:
            if key not in self._counts and len(self._counts) >= MAX_KEYS:
                key = (minute, "", "other")
            self._counts[key] += 1
            self._changed.add(key)

    def flush(self) -> None:
        """Write the counts that changed since the last time. On failure, keep them and raise DatabaseError."""
        with self._lock:
            changed = {key: self._counts[key] for key in self._changed}
        if not changed:
            return
        RefusedTokens.objects.bulk_create(
            [
                RefusedTokens(minute=minute, route=route, reason=reason, process=self._process, count=count)
                for (minute, route, reason), count in changed.items()
            ],
            update_conflicts=True,
            unique_fields=["minute", "process", "route", "reason"],
            update_fields=["count"],
        )
        this_minute = datetime.now(UTC).replace(second=0, microsecond=0)
        with self._lock:
            for key, count in changed.items():
                if self._counts[key] == count:
                    self._changed.discard(key)
                    if key[0] != this_minute:
                        del self._counts[key]


@cache
def refused_tokens() -> RefusedTokenCounter:
    """Return the process's only counter."""
    return RefusedTokenCounter()
