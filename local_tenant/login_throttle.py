"""Slow down password guessing: ten failures for one e-mail and IP address lock that pair for five minutes."""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

ALLOWED_FAILURES = 10
WINDOW = 300  # seconds


def is_throttled(request: HttpRequest, email: str) -> bool:
    return int(cache.get(_key(request, email), 0)) >= ALLOWED_FAILURES


def count_failure(request: HttpRequest, email: str) -> None:
    key = _key(request, email)
    cache.add(key, 0, WINDOW)
    cache.incr(key)


def _key(request: HttpRequest, email: str) -> str:
    who = f"{request.META.get('REMOTE_ADDR', '')} {email.lower()}"
    return "local_tenant:login:" + hashlib.sha256(who.encode()).hexdigest()
