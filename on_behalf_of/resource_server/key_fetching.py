from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from on_behalf_of.primitives.declared_settings import DeclaredSettings

if TYPE_CHECKING:  # the settings hold this, and need not load cryptography
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


@dataclass(frozen=True)
class KeyFetching:
    """How an issuer's keys are fetched and for how long they are used."""

    max_age: float = 600  # seconds for which keys are good; they are renewed in the background before that
    max_stale: float = 14_400  # seconds beyond that for which they serve where they cannot be renewed
    refetch_cooldown: float = 10  # seconds after which an unknown `kid` may again cause a fetch, once two did
    timeout: float = 10  # seconds for each request of a fetch
    ca_file: Path | None = None  # certificates to trust in place of the public ones
    given_keys: Mapping[str, RSAPublicKey] | None = field(default=None, hash=False)  # by `kid`: then none are fetched

    @classmethod
    def declared(cls, entry: DeclaredSettings, *, timeout: float) -> KeyFetching:
        """Read it from a project's settings: KEYS_MAX_AGE, KEYS_MAX_STALE, KEYS_COOLDOWN and CA_FILE."""
        return cls(
            max_age=entry.number("KEYS_MAX_AGE", cls.max_age, low=1, high=86_400),
            max_stale=entry.number("KEYS_MAX_STALE", cls.max_stale, low=0, high=604_800),
            refetch_cooldown=entry.number("KEYS_COOLDOWN", cls.refetch_cooldown, low=1, high=3_600),
            timeout=timeout,
            ca_file=entry.file("CA_FILE"),
        )
