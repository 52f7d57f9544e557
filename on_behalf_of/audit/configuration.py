from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from on_behalf_of.primitives.declared_settings import DeclaredSettings
from on_behalf_of.setting import room_of

SEAL_KEY, PUBLIC_KEYS = "audit_seal_key.pem", "audit_public_keys.json"


class Sealing(StrEnum):
    """The way in which new rows are sealed."""

    THREAD = "thread"  # a thread of each process, started after the process's first recorded call
    COMMAND = "command"  # `manage.py audit_seal`, from a timer or with --watch


@dataclass(frozen=True)
class AuditConfiguration:
    """The log's configuration: where it is stored, and how it is sealed, retained and explained.

    A project writes it as the dictionary `ON_BEHALF_OF["AUDIT"]` (see `audit_configuration`) or builds this object.
    """

    seal_key_file: Path  # Ed25519, PKCS #8 PEM; made when it is missing
    public_keys_file: Path  # JSON, key id -> public key; every key that ever sealed
    retention_days: int = 400
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)  # sentences for further reason codes
    database: str = DEFAULT_DB_ALIAS  # alias of the log's database; changes there commit together with their row
    sealing: Sealing | None = None  # None: not decided, which a system check reports


@room_of("AUDIT", AuditConfiguration)
def audit_configuration(declared: DeclaredSettings) -> AuditConfiguration:
    """Return the log's configuration from `ON_BEHALF_OF["AUDIT"]`. Its keys, of which none is required:

    SEALING: "thread" or "command". DATABASE: alias of the database whose changes the log commits with; one that is
    not the default also needs `on_behalf_of.audit.router.AuditRouter` in DATABASE_ROUTERS.
    DIRECTORY: where the seal's keys are kept, `var` below BASE_DIR by default. SEAL_KEY_FILE and PUBLIC_KEYS_FILE
    override it.
    RETENTION_DAYS: how long rows are kept. REASONS: a dictionary that explains the project's own reason codes.
    """
    directory = declared.path("DIRECTORY") or Path(getattr(settings, "BASE_DIR", Path.cwd())) / "var"
    alias = declared.text("DATABASE", DEFAULT_DB_ALIAS)
    if alias not in settings.DATABASES:
        raise declared.mistake("DATABASE", "must be an alias of DATABASES")
    sealing = declared.value("SEALING")
    if sealing is not None:
        sealing = Sealing(declared.choice("SEALING", "thread", "command"))
    days = declared.number("RETENTION_DAYS", 400, low=1, high=36_500)
    return AuditConfiguration(
        seal_key_file=declared.path("SEAL_KEY_FILE") or directory / SEAL_KEY,
        public_keys_file=declared.path("PUBLIC_KEYS_FILE") or directory / PUBLIC_KEYS,
        retention_days=int(days),
        reasons=declared.texts_by_name("REASONS"),
        database=alias,
        sealing=sealing,
    )
