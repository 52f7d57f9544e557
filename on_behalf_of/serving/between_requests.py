"""What Django does before and after each request: it closes connections that failed or are too old, and caches.

Django does so in five receivers of two signals, which takes as long as everything else that its handler does. In a
server of our own, two functions do it, which FlatHandler calls.
"""

import threading
from typing import Any

from django.core.cache import caches, close_caches
from django.core.cache.backends.base import BaseCache
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils.module_loading import import_string


class _Opened(threading.local):
    """The connections that this thread has opened. Asking Django for them takes longer than looking at them."""

    def __init__(self) -> None:
        self.connections: list[BaseDatabaseWrapper] = [*connections.all(initialized_only=True)]


_opened = _Opened()
_backends: list[type[BaseCache]] = []
_is_ours = False


def take_over() -> None:
    """Replace Django's receivers in this process, whose requests FlatHandler serves."""
    global _is_ours  # noqa: PLW0603 - signals belong to the process, too
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)  # each request sets it
    connection_created.connect(_note)
    _backends[:] = {import_string(each["BACKEND"]) for each in caches.settings.values()}
    _is_ours = True


def _note(connection: BaseDatabaseWrapper, **_about: Any) -> None:
    if not any(each is connection for each in _opened.connections):
        _opened.connections.append(connection)


def begin() -> None:
    if not _is_ours:
        return
    for connection in _opened.connections:
        connection.queries_log.clear()
        connection.close_if_unusable_or_obsolete()


def end() -> None:
    """Do what Django does once an answer is closed."""
    if not _is_ours:
        return
    for connection in _opened.connections:
        connection.close_if_unusable_or_obsolete()
    if any(each.close is not BaseCache.close for each in _backends):  # most have nothing to close
        for cache in caches.all(initialized_only=True):
            cache.close()
