"""The Redis or Valkey that processes share, through Django's cache framework. It stores bytes only."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from on_behalf_of.environment import kinds
from on_behalf_of.environment.kinds import WrongText
from on_behalf_of.environment.variable import BRIDGE, Variable, Variables

SHARED_CACHE = "shared"  # its name among settings.CACHES
KEY_LENGTH = 32  # bytes
PATIENCE = 0.25  # seconds to connect, and to wait for an answer; a slower cache is not used
HOW_TO_MAKE_A_KEY = """make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"""


def cache_url(value: str) -> str:
    """Return the URL of a Redis or Valkey."""
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
        is_good &= not parts.fragment and bool(re.fullmatch(r"/?|/\d{1,5}", parts.path))
        is_good &= all(name == "ssl_ca_certs" for name, _ in parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        is_good = False
    if value and not is_good:
        raise WrongText(
            "must be a URL such as redis://user:password@host:6379/0, or rediss:// for TLS; ?ssl_ca_certs=FILE may "
            "name its CA"
        )
    return value


def encryption_keys(value: str) -> tuple[bytes, ...]:
    """Return keys of 32 bytes each."""
    try:
        keys = tuple(
            base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
            for bare in (item.rstrip("=") for item in kinds.items(value))
        )
    except (ValueError, binascii.Error):
        keys = (b"",)
    if any(len(key) != KEY_LENGTH for key in keys):
        raise WrongText(
            f"must be keys of {KEY_LENGTH} bytes in base64url, separated by commas, the current one first; "
            f"{HOW_TO_MAKE_A_KEY}"
        )
    return keys


def key_prefix(value: str) -> str:
    """Return what the names of all entries begin with."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise WrongText("must be 1 to 64 letters, digits, dots, hyphens or underscores")
    return value


CACHE_URL = Variable(
    "CACHE_URL",
    cache_url,
    "a Redis or Valkey, such as `redis://user:password@host:6379/0` (`rediss://` for TLS), in which the bridge's "
    "processes share exchanged tokens, and how long to leave a throttling tenant alone",
    (BRIDGE,),
    example="",
)
CACHE_ENCRYPTION_KEYS = Variable(
    "CACHE_ENCRYPTION_KEYS",
    encryption_keys,
    "keys of 32 bytes in base64url, separated by commas: the first encrypts, all decrypt. Required with `CACHE_URL`, "
    "and never generated",
    (BRIDGE,),
    example="",
)
CACHE_KEY_PREFIX = Variable("CACHE_KEY_PREFIX", key_prefix, "the prefix of all cache keys", (BRIDGE,), default="obo")
VARIABLES = (CACHE_URL, CACHE_ENCRYPTION_KEYS, CACHE_KEY_PREFIX)


@dataclass(frozen=True)
class SharedCache:
    """A cache that processes share, and the keys that encrypt what they keep there."""

    url: str = field(repr=False)  # CACHE_URL; may hold a password
    encryption_keys: tuple[bytes, ...] = field(repr=False)  # CACHE_ENCRYPTION_KEYS; the first encrypts, all decrypt
    key_prefix: str  # CACHE_KEY_PREFIX

    def settings(self) -> dict[str, Any]:
        """Return its entry of settings.CACHES."""
        from redis.backoff import NoBackoff  # here, because a process without a cache need not load it
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
                "protocol": 2,  # plain requests and answers; the server sends nothing by itself
            },
        }


class BytesOnly:
    """Replaces Django's serializer, which unpickles whatever it finds: that would run a stranger's code."""

    @staticmethod
    def dumps(value: object) -> bytes:
        """Return the bytes. Raises TypeError for anything else."""
        if not isinstance(value, bytes):
            raise TypeError("the shared cache takes bytes only")
        return value

    @staticmethod
    def loads(data: bytes) -> bytes:
        """Return the bytes as they are."""
        return data


def read_shared_cache(read: Variables) -> SharedCache | None:
    """Return the cache; None if CACHE_URL is unset. Raises ImproperlyConfigured.

    The keys are never generated here, unlike other secrets: with a key that only one machine knows, the other processes
    could not read what it wrote.
    """
    keys, prefix, url = read(CACHE_ENCRYPTION_KEYS), read(CACHE_KEY_PREFIX), read(CACHE_URL)
    if not url:
        return None
    if not keys:
        raise CACHE_ENCRYPTION_KEYS.mistake(
            f"is missing: CACHE_URL is set, and what processes share is encrypted; {HOW_TO_MAKE_A_KEY}"
        )
    return SharedCache(url, keys, prefix)


def caches_from_environment(variables: Mapping[str, str] | None = None, /) -> dict[str, Any]:
    """Return what CACHE_URL adds to Django's CACHES, from the environment or from `variables`; {} if it is unset.

        CACHES = {"default": {...}} | caches_from_environment()

    Then pass `caches["shared"]` to `mcp_app`. Needs the extra `redis`. Raises ImproperlyConfigured.
    """
    cache = read_shared_cache(Variables(os.environ if variables is None else variables))
    return {SHARED_CACHE: cache.settings()} if cache else {}
