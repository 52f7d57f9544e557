from collections.abc import Callable
from dataclasses import dataclass

from on_behalf_of.primitives.span import BeginSpan, no_spans


def _nothing(*_what: object) -> None:
    pass


@dataclass(frozen=True)
class Observer:
    """Callbacks with which the API reports what it does. By default they do nothing.

    Routes are URL patterns and reasons are codes: both have few values, and neither says anything about a user.
    """

    answered: Callable[[str, str, int, float], None] = _nothing  # method, route, status, seconds
    refused: Callable[[str], None] = _nothing  # reason
    not_recorded: Callable[[], None] = _nothing  # a call was answered 503, because its row could not be written
    keys_fetched: Callable[[bool], None] = _nothing  # whether the fetch succeeded
    span: BeginSpan = no_spans  # around serving a request
    process_ends: Callable[[], None] = _nothing  # called in a thread that may block briefly
