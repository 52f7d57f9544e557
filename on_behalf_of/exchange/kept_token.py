"""How long an exchanged token is kept, and under which key. Both caches follow these rules."""

import hashlib
from dataclasses import dataclass, field

from on_behalf_of.resource_server.access_token import AccessToken

MARGIN = 30  # seconds; a token that ends sooner is not used any more, because the API must still accept it


@dataclass(frozen=True)
class ExchangeKey:
    """The request that an exchanged token answers. It includes the user's token, so two users never share a key."""

    subject_digest: str  # SHA-256 of token A, hexadecimal
    audience: str
    scope: tuple[str, ...]  # sorted
    client_id: str

    def __str__(self) -> str:
        parts = (self.subject_digest, self.audience, " ".join(sorted(self.scope)), self.client_id)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class ExchangedToken:
    """Token B: what the API gets, and what was verified about it."""

    value: str = field(repr=False)
    token: AccessToken
    usable_until: float  # seconds since the epoch: when token A or token B ends, whichever comes first

    @classmethod
    def of(cls, value: str, token: AccessToken, *, subject_token: AccessToken) -> "ExchangedToken":
        """Return token B, usable until either of the two tokens ends."""
        # `expires_in` says the same less reliably: it counts from a moment that the answer does not name.
        return cls(value, token, usable_until=min(subject_token.expires_at, token.expires_at))

    @property
    def kept_until(self) -> float:
        """Return when the token is no longer used, in seconds since the epoch."""
        return self.usable_until - MARGIN

    def is_usable(self, now: float) -> bool:
        """Return whether the token may still be used."""
        return now < self.kept_until
