"""The state of the log, for reviewers: whether a row is what was sealed, and how sealing is going."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from on_behalf_of.audit.append_only import SealedRow
from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.logs import LOGS
from on_behalf_of.audit.models import LogOperation, Seal, Verification
from on_behalf_of.audit.position import Position, count_after, position_of, rows_between
from on_behalf_of.audit.seal_keys import KeysUnusable, public_keys
from on_behalf_of.audit.sealing import end_of, parse_entries
from on_behalf_of.audit.triggers import missing_triggers
from on_behalf_of.audit.verification import Broken, actual_digest, verify_seal

Ends = dict[type[SealedRow], tuple[Position, int]]

MAX_COUNTED = 10_000  # unsealed rows; beyond that the exact number does not matter


class RowVerdict(StrEnum):
    INTACT = "intact"
    UNSEALED = "not sealed yet"
    CHANGED = "changed"
    MISSING = "missing from its seal"
    SEAL_FORGED = "its seal is forged"
    UNVERIFIABLE = "cannot tell: the public keys are not there"


@dataclass(frozen=True)
class Waiting:
    """The rows that are not sealed yet."""

    rows: int  # MAX_COUNTED means: that many or more
    seconds: float  # how long the oldest has been waiting; 0 if there is none


@dataclass(frozen=True)
class SealingState:
    last_sealed_at: datetime | None
    unsealed_rows: int  # MAX_COUNTED means: that many or more
    lag_seconds: float  # how long the oldest unsealed row has been waiting; 0 if there is none
    sealed_rows: int  # ever, pruned ones included
    last_verified_at: datetime | None
    last_verdict: str | None  # one of Verification.Verdict
    last_finding: str
    triggers_ok: bool


def seal_of(row: SealedRow) -> Seal | None:
    """Return the seal over the row's position, or None if there is none yet. Costs one index look-up."""
    position = position_of(type(row), row.pk)
    if position is None:
        return None
    reaches = Q(end_transaction__gt=position.transaction) | Q(
        end_transaction=position.transaction, end_id__gte=position.id
    )
    seals = Seal.objects.filter(reaches, log=row.LOG, end_transaction__gte=position.transaction)
    return seals.order_by("end_transaction", "end_id", "number").first()


def verify_row(row: SealedRow) -> RowVerdict:
    """Check the row, as the database has it now, against its digest and its seal. The chain is not followed."""
    current = type(row).objects.filter(pk=row.pk).first()
    if current is None:
        return RowVerdict.MISSING
    if actual_digest(current) != current.digest:
        return RowVerdict.CHANGED
    seal = seal_of(current)
    return RowVerdict.UNSEALED if seal is None else _verdict_under(seal, current)


def _verdict_under(seal: Seal, row: SealedRow) -> RowVerdict:
    configuration = audit_configuration()
    try:
        verify_seal(seal, public_keys(configuration.public_keys_file))
    except KeysUnusable:
        return RowVerdict.UNVERIFIABLE
    except Broken:
        return RowVerdict.SEAL_FORGED
    sealed = parse_entries(seal.entries).get(row.pk)
    if sealed is None:
        return RowVerdict.MISSING
    return RowVerdict.INTACT if sealed == row.digest else RowVerdict.CHANGED


def sealing_state() -> SealingState:
    """Return how sealing and verification are going. Costs a few look-ups, however long the log is."""
    ends = {log: end_of(log) for log in LOGS}
    waiting = _waiting(ends)
    last = Seal.objects.only("time").first()
    verification = Verification.objects.first()
    return SealingState(
        last_sealed_at=last.time if last else None,
        unsealed_rows=waiting.rows,
        lag_seconds=waiting.seconds,
        sealed_rows=sum(total for _, total in ends.values()),
        last_verified_at=verification.time if verification else None,
        last_verdict=verification.verdict if verification else None,
        last_finding=verification.finding if verification else "",
        triggers_ok=not missing_triggers(log_connection()),
    )


def waiting_rows() -> Waiting:
    """Return what is not sealed yet. Raises DatabaseError."""
    return _waiting({log: end_of(log) for log in LOGS})


def _waiting(ends: Ends) -> Waiting:
    oldest = [row for log, (end, _) in ends.items() for row in rows_between(log, end, None, 1)]
    lags = [(datetime.now(UTC) - row.time).total_seconds() for row in oldest]  # type: ignore[attr-defined] # both have it
    rows = sum(count_after(log, end, MAX_COUNTED) for log, (end, _) in ends.items())
    return Waiting(rows=min(MAX_COUNTED, rows), seconds=max([0.0, *lags]))


def record_export(user: str, what: str, filters: dict[str, Any], count: int | None = None) -> LogOperation:
    """Record an export. Call it before the first row leaves: an export that cannot be recorded must not happen.

    `user` is a name, `what` the format, such as "csv"; `filters` must be JSON. The record is append-only and sealed
    like the rows. Raises DatabaseError.
    """
    return LogOperation.objects.create(
        kind=LogOperation.Kind.EXPORT, by=user[:255], what=what[:64], filters=filters, count=count
    )
