from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class AuditConfiguration:
    """Settings for sealing, keeping and explaining the log. `config.services` builds them once."""

    seal_key_file: Path  # Ed25519, PKCS #8 PEM; made when it is missing
    public_keys_file: Path  # JSON, key id -> public key; every key that ever sealed
    retention_days: int = 400
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)  # each code that a row may hold, in a sentence
