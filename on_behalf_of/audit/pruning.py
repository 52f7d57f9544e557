"""Drops old rows without breaking the chain: whole seals only, with a signed tombstone in their place."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.logs import LOG_NAMED
from on_behalf_of.audit.models import LogOperation, Seal, Tombstone
from on_behalf_of.audit.position import Position, delete_until
from on_behalf_of.audit.seal_keys import public_keys, seal_key
from on_behalf_of.audit.tombstones import signed
from on_behalf_of.audit.triggers import lifted
from on_behalf_of.audit.verification import verify

SEALS_AT_ONCE = 20  # in one transaction; writers wait while the triggers are lifted


class TooYoung(Exception):
    """Some of the rows to prune have not been kept for as long as they must be."""


@dataclass
class Pruned:
    seals: int = 0
    rows: int = 0


def prune(before: datetime, *, by: str, configuration: AuditConfiguration) -> Pruned:
    """Drop all rows that were sealed before a time. Only the tables' owner can; the newest seal always stays.

    The log is verified first, because a broken log is evidence. Raises TooYoung, Broken, CannotVerify, KeysUnusable,
    DatabaseError.
    """
    if before > datetime.now(UTC) - timedelta(days=configuration.retention_days):
        raise TooYoung(f"Rows are kept for {configuration.retention_days} days (AUDIT_RETENTION_DAYS).")
    verify(public_keys(configuration.public_keys_file))
    newest = Seal.objects.only("number").first()
    last = _last_to_go(before)
    pruned = Pruned()
    if newest is None or last is None:
        return pruned
    last = min(last, newest.number - 1)
    if Seal.objects.filter(number__lte=last).exists():  # recorded before it is done, and sealed like all rows
        LogOperation.objects.create(
            kind=LogOperation.Kind.PRUNE,
            by=by[:255],
            what=f"through seal {last}",
            filters={"before": before.isoformat()},
        )
    while numbers := list(
        Seal.objects.filter(number__lte=last).order_by("number").values_list("number", flat=True)[:SEALS_AT_ONCE]
    ):
        _prune_through(numbers[-1], before, configuration, pruned)
    return pruned


def _last_to_go(before: datetime) -> int | None:
    """Return the last of the leading seals that are old enough. Times follow numbers unless a clock was set back."""
    first_to_stay = Seal.objects.filter(time__gte=before).order_by("number").only("number").first()
    if first_to_stay is not None:
        return first_to_stay.number - 1
    last = Seal.objects.only("number").first()
    return last.number if last else None


def _prune_through(number: int, before: datetime, configuration: AuditConfiguration, pruned: Pruned) -> None:
    key = seal_key(configuration.seal_key_file, configuration.public_keys_file)
    with lifted(log_connection()):
        earlier = Tombstone.objects.first()
        ends = dict(earlier.ends) if earlier else {}
        going = Seal.objects.filter(number__lte=number).defer("entries").order_by("number")
        last = None
        for last in going:
            ends[last.log] = {"end_transaction": last.end_transaction, "end_id": last.end_id, "total": last.total}
            pruned.seals += 1
        if last is None:
            return
        tombstone = Tombstone(through=number, time=datetime.now(UTC), before=before, ends=ends, seal_digest=last.digest)
        signed(tombstone, key).save()
        for log, end in ends.items():
            pruned.rows += delete_until(LOG_NAMED[log], Position(end["end_transaction"], end["end_id"]))
        _delete_seals(number)


def _delete_seals(through: int) -> None:
    with log_connection().cursor() as cursor:
        cursor.execute("DELETE FROM obo_audit_seal WHERE number <= %s", [through])
