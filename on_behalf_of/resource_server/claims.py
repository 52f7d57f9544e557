"""Read single claims of a token whose signature is verified. Each reader raises InvalidToken for a wrong form."""

import re
from functools import lru_cache
from typing import Any

from on_behalf_of.primitives.blank import is_blank
from on_behalf_of.primitives.scope_syntax import is_scope
from on_behalf_of.resource_server.refusals import InvalidToken, Reason

MAX_IDENTIFIER = 255  # characters; OpenID Connect Core §2 sets this bound for sub
MAX_NUMERIC_DATE = 253_402_300_799  # the last second of the year 9999; Python's datetime fails beyond it
MAX_COMMON = 500  # characters of scopes that are remembered
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Claims = dict[str, Any]


def is_identifier(value: object) -> bool:
    """Return whether `value` is a safe identifier: at most 255 characters, at least one visible, and no controls."""
    if not isinstance(value, str) or len(value) > MAX_IDENTIFIER:
        return False
    if value.isascii() and value.isprintable():  # as most are
        return bool(value.strip(" "))
    return not _CONTROL.search(value) and not is_blank(value)  # "" is blank


def _has_controls(text: str) -> bool:
    return not (text.isascii() and text.isprintable()) and _CONTROL.search(text) is not None


def identifier(claims: Claims, name: str) -> str:
    """Return a required claim that is an identifier."""
    value = claims.get(name)
    if not is_identifier(value):
        raise InvalidToken(Reason.CLAIM, claim=name)
    return str(value)


def optional_identifier(claims: Claims, name: str) -> str | None:
    """Return a claim that is an identifier; None if it is absent."""
    return identifier(claims, name) if name in claims else None


def audience(claims: Claims) -> tuple[str, ...]:
    """Return `aud`, which is one string or a list of strings (RFC 7519 §4.1.3)."""
    value = claims.get("aud")
    values = [value] if isinstance(value, str) else value
    if not values or not _are_printable(values):
        raise InvalidToken(Reason.CLAIM, claim="aud")
    return tuple(values)


def numeric_date(claims: Claims, name: str) -> float:
    """Return a time in seconds since the epoch (RFC 7519 §2). `true` is refused, although Python's bool is an int."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_NUMERIC_DATE:
        raise InvalidToken(Reason.CLAIM, claim=name)
    return float(value)


def scopes(claims: Claims) -> frozenset[str]:
    """Return the names in `scope`, separated by single spaces (RFC 8693 §4.2); none if it is absent or empty."""
    value = claims.get("scope", "")
    if not isinstance(value, str):
        raise InvalidToken(Reason.CLAIM, claim="scope")
    return _common_scopes(value) if len(value) <= MAX_COMMON else _scopes(value)


def _scopes(text: str) -> frozenset[str]:
    names = text.split(" ") if text else []
    if not all(map(is_scope, names)):
        raise InvalidToken(Reason.CLAIM, claim="scope")
    return frozenset(names)


_common_scopes = lru_cache(maxsize=256)(_scopes)  # many tokens have the same, and then share one set


def permissions(claims: Claims) -> frozenset[str] | None:
    """Return Auth0's `permissions`, which the user's roles allow; None if the claim is absent."""
    if "permissions" not in claims:
        return None
    value = claims["permissions"]
    if not _are_printable(value):
        raise InvalidToken(Reason.CLAIM, claim="permissions")
    return frozenset(value)


def _are_printable(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(item, str) and not _has_controls(item) for item in values)


def profile(claims: Claims, name: str) -> tuple[str, ...]:
    """Return the names in `sub_profile` or `client_profile`, separated by spaces; none if it is absent."""
    if name not in claims:
        return ()
    value = claims[name]
    if not isinstance(value, str) or len(value) > MAX_IDENTIFIER or _has_controls(value):
        raise InvalidToken(Reason.CLAIM, claim=name)
    return tuple(value.split())
