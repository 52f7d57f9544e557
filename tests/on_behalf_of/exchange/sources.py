"""Token sources without a tenant: each call defines how its token is exchanged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from on_behalf_of.exchange.kept_token import ExchangedToken, ExchangeKey
from on_behalf_of.exchange.token_source import Obtained, Origin
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption

SOON = 60.0  # seconds that a test may take
ALICE = SimpleNamespace(token=SimpleNamespace(issuer="issuer", subject="alice"))


@dataclass(frozen=True)
class Wish:
    """In place of `Wanted`, which only a verified token could make."""

    key: ExchangeKey
    exchange: Callable[[], ExchangedToken]
    deadline: Deadline = field(default_factory=lambda: Deadline.after(SOON))
    interruption: Interruption = field(default_factory=Interruption)
    caller: Any = field(default_factory=lambda: ALICE)


class Exchanging:
    """The source behind all others."""

    def token(self, wanted: Any, *, rejected: ExchangedToken | None = None) -> Obtained:
        return Obtained(wanted.exchange(), Origin.TENANT)
