from collections.abc import Callable
from dataclasses import dataclass


def nothing(*_what: object) -> None:
    pass


@dataclass(frozen=True)
class ExchangeObserver:
    """Callbacks with which an exchange reports what it does. By default they do nothing.

    They are called on the threads of callers, so they must be quick.
    """

    exchanged: Callable[[str, float], None] = nothing  # outcome, seconds: the tenant was asked for a token
    looked_up: Callable[[str], None] = nothing  # where a token was found, a value of Origin
    keys_fetched: Callable[[bool], None] = nothing  # whether that succeeded
    circuit_changed: Callable[[str, bool], None] = nothing  # party, whether it counts as down
