"""An issuer whose keys are fetched: where they are, and ways to ask for them."""

import threading
from collections.abc import Callable
from typing import Any

from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable
from tests.issuer import Issuer, key_id, rsa_key

OPENID = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"
FIRST = key_id(rsa_key())
FETCHING = KeyFetching(max_age=600, refetch_cooldown=10, timeout=20)


def outcome(keys: IssuerKeys, name: str) -> str:
    try:
        keys.key(name)
    except InvalidToken as error:
        return error.reason
    except KeysUnavailable:
        return "unavailable"
    return "held"


def in_threads(count: int, use: Callable[[int], Any]) -> list[Any]:
    """Return what `use` returns in each of `count` threads that start at once."""
    barrier, found = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        barrier.wait()
        found[number] = use(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def landed(keys: IssuerKeys) -> None:
    """Wait for the background fetch, whatever its result."""
    flight = keys._fetch.flight
    if flight is not None:
        flight.exception(timeout=20)


def break_down(issuer: Issuer) -> None:
    issuer.answers[OPENID] = issuer.answers["/.well-known/oauth-authorization-server"] = (503, b"{}")
