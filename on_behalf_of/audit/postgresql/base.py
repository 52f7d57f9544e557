"""Django's PostgreSQL backend with limited waits: see `on_behalf_of.audit.time_limit`."""

import time
from collections.abc import Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import is_psycopg3

from on_behalf_of.audit.time_limit import current_limit, limited_database_time

HEALTH_CHECK = 1.5  # seconds, even without a limit in force: it runs before any view can set one

assert is_psycopg3  # noqa: S101 - the extra `postgres` installs version 3


class LimitedConnection(psycopg.Connection[Any]):
    """Gives up and closes itself if the server does not answer within the limit in force."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        limit = current_limit()
        if limit is None:
            return super().wait(gen, interval, timeout)
        with limit.spent():
            try:
                return super().wait(gen, interval, timeout=limit.left())
            except psycopg.OperationalError:
                if limit.left() == 0:  # a late answer would be taken for the answer to the next query
                    self.close()
                raise

    @classmethod
    def _connect_gen(cls, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        # libpq's own connect_timeout is two seconds at least. psycopg polls the connection every 0.1 s.
        limit = current_limit()
        deadline = None if limit is None else time.monotonic() + limit.left()
        connecting = super()._connect_gen(*args, **kwargs)
        try:
            state = next(connecting)
            while True:
                ready = yield state
                if deadline is not None and time.monotonic() >= deadline:
                    raise psycopg.errors.ConnectionTimeout("the server does not answer in time")
                state = connecting.send(ready)
        except StopIteration as finished:
            return finished.value
        finally:
            connecting.close()
            if limit is not None and deadline is not None:
                limit.seconds = deadline - time.monotonic()


class _Psycopg:
    """The driver's module with our class of connections."""

    connect = LimitedConnection.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = _Psycopg()  # type: ignore[assignment]

    def is_usable(self) -> bool:
        with limited_database_time(HEALTH_CHECK):
            return super().is_usable()
