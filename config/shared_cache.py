"""What the processes of a deployment share: a Redis or Valkey, by Django's cache framework, and nothing but bytes."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from config.variables import Variables, refuse

SHARED_CACHE = "shared"  # its name among settings.CACHES
KEY_LENGTH = 32  # bytes
PATIENCE = 0.25  # seconds for a connection, and for an answer: a cache that is slower is none
HOW_TO_MAKE_A_KEY = """make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"""


@dataclass(frozen=True)
class SharedCache:
    url: str = field(repr=False)  # CACHE_URL; may hold a password
    encryption_keys: tuple[bytes, ...] = field(repr=False)  # CACHE_ENCRYPTION_KEYS; the first encrypts, all decrypt
    key_prefix: str  # CACHE_KEY_PREFIX

    def settings(self) -> dict[str, Any]:
        """For settings.CACHES."""
        from redis.backoff import NoBackoff  # here, for a process without a cache need not load it
        from redis.retry import Retry

        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": [self.url],  # as a string, Django would take commas and semicolons in it for more servers
            "KEY_PREFIX": self.key_prefix,
            "OPTIONS": {
                "serializer": BytesOnly,
                "socket_connect_timeout": PATIENCE,
                "socket_timeout": PATIENCE,
                "retry": Retry(NoBackoff(), 0),  # callers can do without the cache
                "protocol": 2,  # plain requests and answers; nothing that the server sends by itself
            },
        }


class BytesOnly:
    """In place of Django's serializer, which unpickles whatever it finds: that would run a stranger's code."""

    @staticmethod
    def dumps(value: object) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError("the shared cache takes bytes only")
        return value

    @staticmethod
    def loads(data: bytes) -> bytes:
        return data


def read_shared_cache(read: Variables) -> SharedCache | None:
    """None where no CACHE_URL is set.

    The keys are never made here, unlike other secrets: one that only this machine knows would make each process
    unable to read what the others wrote.
    """
    keys = tuple(_key(text) for text in read.items("CACHE_ENCRYPTION_KEYS"))
    prefix = read.text("CACHE_KEY_PREFIX") or "obo"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", prefix):
        refuse("CACHE_KEY_PREFIX", "must be 1 to 64 letters, digits, dots, hyphens or underscores")
    url = read.text("CACHE_URL")
    if not url:
        return None
    _check(url)
    if not keys:
        refuse("CACHE_ENCRYPTION_KEYS", f"is missing: CACHE_URL is set, and what processes share is encrypted; "
               f"{HOW_TO_MAKE_A_KEY}")  # fmt: skip
    return SharedCache(url, keys, prefix)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
        is_good &= not parts.fragment and bool(re.fullmatch(r"/?|/\d{1,5}", parts.path))
        is_good &= all(name == "ssl_ca_certs" for name, _ in parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        is_good = False
    if not is_good:
        refuse("CACHE_URL", "must be a URL such as redis://user:password@host:6379/0, or rediss:// for TLS; "
               "?ssl_ca_certs=FILE may name its CA")  # fmt: skip


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        _refuse_key()
    if len(key) != KEY_LENGTH:
        _refuse_key()
    return key


def _refuse_key() -> NoReturn:
    refuse("CACHE_ENCRYPTION_KEYS", f"must be keys of {KEY_LENGTH} bytes in base64url, separated by commas, the "
           f"current one first; {HOW_TO_MAKE_A_KEY}")  # fmt: skip
