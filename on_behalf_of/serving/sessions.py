"""Django's sessions in the database, for keys that Django itself could have made.

A cookie can hold anything, a NUL for one, which PostgreSQL refuses with an error instead of "not found".
"""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore


class SessionStore(DatabaseSessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and str(key).isascii() and str(key).isalnum() and len(str(key)) <= 40  # noqa: PLR2004
