"""The kinds of value that a variable's text can stand for.

Each function turns a text without blanks at its ends into a value, or raises WrongText with the rest of a sentence that
begins with the variable's name. Functions with parameters return such a function.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from on_behalf_of.primitives.blank import is_invisible
from on_behalf_of.primitives.client_address import Network
from on_behalf_of.primitives.scope_syntax import is_scope

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
MAX_NAME = 255  # characters; longer ones are in no token that verifies
TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


class WrongText(ValueError):
    """A text is not of this kind; the message says what it must be, and never repeats the text."""


def text(value: str) -> str:
    """Return any text."""
    return value


def items(value: str) -> tuple[str, ...]:
    """Return texts that are separated by commas."""
    return tuple(item.strip() for item in value.split(",") if item.strip())


def words(value: str) -> tuple[str, ...]:
    """Return texts that are separated by spaces."""
    return tuple(value.split())


def choice(*allowed: str) -> Callable[[str], str]:
    """Return one of the allowed texts."""
    listed = " or ".join(filter(None, (", ".join(allowed[:-1]), allowed[-1])))

    def one_of(value: str) -> str:
        if value not in allowed:
            raise WrongText(f"must be {listed}")
        return value

    return one_of


def flag(value: str) -> bool:
    """Return whether the text says yes."""
    if value.lower() not in TRUE | FALSE:
        raise WrongText("must be true or false")
    return value.lower() in TRUE


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a number between the bounds, both included."""

    def between(value: str) -> float:
        try:
            result = float(value)
        except ValueError:
            result = math.nan
        if not low <= result <= high:  # NaN fails this too
            raise WrongText(f"must be a number from {low:g} to {high:g}")
        return result

    return between


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a whole number between the bounds, both included."""

    def between(value: str) -> int:
        if not (re.fullmatch(r"[0-9]{1,12}", value) and low <= int(value) <= high):
            raise WrongText(f"must be a whole number from {low} to {high}")
        return int(value)

    return between


def split_url(value: str) -> SplitResult:
    """Return the parts of an http or https URL without credentials, query or fragment."""
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise WrongText("must be a URL with a valid host and port") from None
    if url.scheme not in {"http", "https"} or not url.hostname or port == 0:
        raise WrongText("must be an http or https URL with a host")
    if url.query or url.fragment or url.username is not None or "?" in value or "#" in value or " " in value:
        raise WrongText("must be a URL without credentials, query or fragment")
    return url


def url(value: str) -> str:
    """Return a URL, byte for byte."""
    if value:
        split_url(value)
    return value


def base_url(value: str) -> str:
    """Return a URL that paths are appended to, without its final slash."""
    return url(value).rstrip("/")


def issuer(value: str) -> str:
    """Return an issuer, byte for byte: https, or http on loopback."""
    if value and split_url(value).scheme == "http" and split_url(value).hostname not in LOOPBACK_HOSTS:
        raise WrongText("must be https; http is for a tenant on this machine only")
    return value


def domain(value: str) -> str:
    """Return a host name with at least one dot, and perhaps a port."""
    if value and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?", value):
        raise WrongText("must be the tenant's host name only, such as example.eu.auth0.com")
    url(f"https://{value}/" if value else "")
    return value


def origins(value: str) -> tuple[str, ...]:
    """Return the origins of browser clients; `*` stands for any."""
    result = items(value)
    for origin in result:
        if origin != "*" and (split_url(origin).path or origin.endswith("/")):
            raise WrongText("must be origins such as https://app.example.com, without a path, separated by commas")
    return result


def networks(value: str) -> tuple[Network, ...]:
    """Return IP networks."""
    try:
        return tuple(ipaddress.ip_network(item) for item in items(value))
    except ValueError:
        raise WrongText("must be IP networks such as 10.0.0.0/8, separated by commas") from None


def identifier(value: str) -> str:
    """Return the identifier of an API at the tenant, byte for byte."""
    if any(map(is_invisible, value)):
        raise WrongText("must be one identifier without blanks or invisible characters")
    return value


def identifiers(value: str) -> tuple[str, ...]:
    """Return the identifiers of one API at the tenant, separated by spaces, each byte for byte."""
    result = words(value)
    if any(map(is_invisible, "".join(result))):
        raise WrongText("must be identifiers without invisible characters")
    if len(set(result)) < len(result):
        raise WrongText("must name each identifier once")
    return result


def client_id(value: str) -> str:
    """Return a client's id at the tenant (RFC 6749 §A.1)."""
    if len(value) > MAX_NAME or any(not " " < character <= "~" for character in value):
        raise WrongText(f"must be one client id of at most {MAX_NAME} printable characters without blanks")
    return value


def names(what: str) -> Callable[[str], tuple[str, ...]]:
    """Return names that are separated by commas, for lists that accept any name if they are empty.

    Only an unset variable is empty: `,` or `*` would accept everything, or nothing, while looking like a restriction.
    """

    def listed(value: str) -> tuple[str, ...]:
        result = items(value)
        if value and not result:
            raise WrongText(f"must name {what}, separated by commas; leave it unset to accept any")
        for each in result:
            if each == "*" or len(each) > MAX_NAME or any(map(is_invisible, each)):
                raise WrongText(
                    f"must be {what} of at most {MAX_NAME} visible characters without blanks, separated by commas, "
                    "and no wildcards; leave it unset to accept any"
                )
        return result

    return listed


def scopes(value: str) -> tuple[str, ...]:
    """Return scope names (RFC 6749 §3.3)."""
    result = words(value)
    if not all(map(is_scope, result)):
        raise WrongText("must be scope names separated by spaces")
    return result


def path(value: str) -> Path | None:
    """Return a path, whether or not it exists."""
    return Path(value) if value else None


def file(value: str) -> Path | None:
    """Return the path of a file that exists."""
    if value and not Path(value).is_file():
        raise WrongText("must name a file that exists")
    return path(value)
