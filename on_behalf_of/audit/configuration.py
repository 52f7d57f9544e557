from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AuditConfiguration:
    """How the log is sealed and kept, built once by `config.services`."""

    seal_key_file: Path  # Ed25519, PKCS #8 PEM; made when it is missing
    public_keys_file: Path  # JSON, key id -> public key; every key that ever sealed
    retention_days: int = 400
