from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class KeyFetching:
    """How an issuer's keys are fetched and for how long they are used."""

    max_age: float = 600  # seconds for which keys are good; they are renewed in the background before that
    max_stale: float = 14_400  # seconds beyond that for which they serve where they cannot be renewed
    refetch_cooldown: float = 10  # seconds after which an unknown `kid` may again cause a fetch, once two did
    timeout: float = 10  # seconds for each request of a fetch
    ca_file: Path | None = None  # certificates to trust in place of the public ones
