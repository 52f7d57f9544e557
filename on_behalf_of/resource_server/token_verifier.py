import hashlib
import threading
import time
from collections.abc import Callable

from on_behalf_of.primitives.bounded_cache import BoundedCache
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH, TokenRules, verify_access_token

MAX_REMEMBERED = 10_000


class TokenVerifier:
    """Verifies access tokens for one resource, and remembers the valid ones.

    Remembered tokens are identified by their SHA-256. Their times are checked on each use. They are forgotten when the
    issuer's keys change, and not used while no usable keys are held. Expired tokens are removed even if they are not
    presented again, so memory follows the tokens in use. Refusals are not remembered. Safe to share between threads.
    """

    def __init__(self, rules: TokenRules, keys: IssuerKeys, *, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules
        self.keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: BoundedCache[str, AccessToken] = BoundedCache(
            MAX_REMEMBERED, ends_at=lambda token: token.expires_at + self.rules.leeway, clock=self._clock
        )
        self._generation = keys.generation

    def verify(self, token: str) -> AccessToken:
        """Return the verified token. May wait for the issuer's keys. Raises InvalidToken or KeysUnavailable."""
        digest = _digest(token)
        if remembered := self._valid(digest):
            return remembered
        generation = self.keys.generation
        verified = verify_access_token(token, rules=self.rules, keys=self.keys, now=self._clock(), digest=digest)
        with self._lock:
            # A key may have been withdrawn meanwhile; a token that it verified must not be remembered.
            if generation == self.keys.generation == self._generation:
                self._remembered.put(verified.digest, verified)
        return verified

    def verify_cached(self, token: str) -> AccessToken | None:
        """Return the verified token if it is remembered and still valid, else None. Never waits."""
        return self._valid(_digest(token))

    def _valid(self, digest: str) -> AccessToken | None:
        """Return the token with this digest if it is remembered and still valid."""
        if not digest:
            return None
        self.keys.refresh_if_due()
        if not self.keys.are_held():
            return None
        now, leeway = self._clock(), self.rules.leeway
        with self._lock:
            if self._generation != self.keys.generation:
                self._generation = self.keys.generation
                self._remembered.clear()
            verified = self._remembered.get(digest)
            if verified is None:
                return None
            starts = max(verified.issued_at, verified.not_before or 0)
            if now < starts - leeway:  # the clock was set back
                self._remembered.drop(digest)
                return None
            return verified


def _digest(token: str) -> str:
    """Return the token's SHA-256; empty for what is no token, and so not worth hashing."""
    is_token = len(token) <= MAX_TOKEN_LENGTH and token.isascii()
    return hashlib.sha256(token.encode()).hexdigest() if is_token else ""
