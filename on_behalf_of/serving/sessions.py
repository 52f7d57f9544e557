"""Django's database sessions, limited to keys that Django itself could have made.

A cookie can hold anything, such as a NUL, for which PostgreSQL raises an error instead of finding no session.
"""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore


class SessionStore(DatabaseSessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and str(key).isascii() and str(key).isalnum() and len(str(key)) <= 40  # noqa: PLR2004
