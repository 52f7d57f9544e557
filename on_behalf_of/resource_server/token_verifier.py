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
    """Verifies access tokens for one resource and remembers those it found good.

    A remembered token is known by its SHA-256, is checked for its times on each use, is forgotten when the issuer's
    keys change, and counts for nothing where no keys are held that are still good. Those that came to their end are
    forgotten although nobody brings them again, so that memory follows the tokens in use and not those of a day.
    Refusals are not remembered. Safe to share between threads.
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
        """Raises InvalidToken or KeysUnavailable. May wait for the issuer's keys."""
        if remembered := self.verify_cached(token):
            return remembered
        generation = self.keys.generation
        verified = verify_access_token(token, rules=self.rules, keys=self.keys, now=self._clock())
        with self._lock:
            # A key may have been withdrawn meanwhile; what it verified is then not worth remembering.
            if generation == self.keys.generation == self._generation:
                self._remembered.put(verified.digest, verified)
        return verified

    def verify_cached(self, token: str) -> AccessToken | None:
        """The verified token where it is remembered and still good, else None. Never waits."""
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():  # no token at all; not worth hashing
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
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
