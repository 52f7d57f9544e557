"""What Django does before and after each request: it closes connections that failed or are too old, and caches.

Django does so in four receivers of two signals, which takes as long as everything else that its handler does. In a
server of our own, one function does it.
"""

from typing import Any

from django.core.cache import caches, close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries


def take_over() -> None:
    """Replace Django's receivers in this process. FlatHandler calls `begin` for each request."""
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.connect(_end)


def begin() -> None:
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()
        connection.close_if_unusable_or_obsolete()


def _end(**_about: Any) -> None:
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
    for cache in caches.all(initialized_only=True):
        cache.close()
