"""A cache that several bridges of a test share. Tests can tamper with its content."""

import threading
from typing import Any


class DictCache:
    """A cache that never expires entries, so that old ones can be replayed."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}
        self.seconds: dict[str, float | None] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        return self.entries.get(key)

    def set(self, key: str, value: Any, timeout: float | None) -> None:
        with self._lock:
            self.entries[key], self.seconds[key] = value, timeout

    def add(self, key: str, value: Any, timeout: float | None) -> bool:
        with self._lock:
            if key in self.entries:
                return False
            self.entries[key], self.seconds[key] = value, timeout
            return True

    def delete(self, key: str) -> bool:
        with self._lock:
            return self.entries.pop(key, None) is not None

    def tokens(self) -> list[str]:
        """The keys of what stands for tokens, oldest first."""
        return [key for key in self.entries if key.startswith("token:")]
