"""Verifies that the log is what was sealed: every seal, every row under it, and the chain between them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from on_behalf_of.audit.append_only import SealedRow, row_digest
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.logs import LOG_NAMED, LOGS
from on_behalf_of.audit.models import Seal, Tombstone
from on_behalf_of.audit.position import START, Position, rows_between
from on_behalf_of.audit.seal_keys import PublicKeys, is_signed
from on_behalf_of.audit.sealing import parse_entries, seal_content, seal_digest
from on_behalf_of.audit.tombstones import is_genuine
from on_behalf_of.audit.triggers import missing_triggers

SEALS_AT_ONCE = 20
ROWS_AT_ONCE = 1_000


class Problem(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    FORGED_SEAL = "forged seal"
    FORGED_TOMBSTONE = "forged tombstone"
    TRUNCATED = "truncated"
    NO_TRIGGER = "trigger missing"


class Broken(Exception):
    """The log is not what was sealed. The message names the first bad row or seal, and the problem."""

    def __init__(self, problem: Problem, what: str) -> None:
        super().__init__(f"{what}: {problem}")
        self.problem = problem
        self.what = what


class CannotVerify(Exception):
    """There is nothing to verify against. The message says what is missing."""


@dataclass
class Verified:
    """What was found intact."""

    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    last_seal: int = 0
    last_digest: str = ""
    ends: dict[str, Position] = field(default_factory=dict)


def verify(keys: PublicKeys, *, since: int | None = None) -> Verified:
    """Verify from the seal `since`, or from the beginning, to the last row there is.

    Memory use stays the same however long the log is. Raises Broken at the first problem, CannotVerify if there is no
    such seal, and DatabaseError. Rows that are not sealed yet are only checked against their own digests.
    """
    if missing := missing_triggers(log_connection()):
        raise Broken(Problem.NO_TRIGGER, missing[0])
    so_far = _beginning(keys, since)
    for seal in _seals_after(so_far.last_seal):
        verify_seal(seal, keys)
        if seal.number != so_far.last_seal + 1:
            raise Broken(Problem.MISSING, f"seal {so_far.last_seal + 1}")
        if seal.previous != so_far.last_digest:
            raise Broken(Problem.FORGED_SEAL, f"seal {seal.number} does not follow from seal {so_far.last_seal}")
        log = LOG_NAMED[seal.log]
        verify_rows(seal, so_far.ends.get(seal.log, START))
        so_far.ends[log.LOG] = Position(seal.end_transaction, seal.end_id)
        so_far.last_seal, so_far.last_digest = seal.number, seal.digest
        so_far.seals += 1
        so_far.rows += seal.count
    for log in LOGS:
        so_far.unsealed += _verify_unsealed(log, so_far.ends.get(log.LOG, START))
    return so_far


def verify_seal(seal: Seal, keys: PublicKeys) -> None:
    """Verify one seal by itself: that it is ours, and unchanged since it was made. Raises Broken."""
    name = f"seal {seal.number}"
    try:
        is_ours = is_signed(seal_content(seal), key_id=seal.key_id, signature=seal.signature, keys=keys)
        is_whole = (
            seal.log in LOG_NAMED
            and hashlib.sha256(seal.entries.encode()).hexdigest() == seal.entries_digest
            and len(parse_entries(seal.entries)) == seal.count
            and seal_digest(seal) == seal.digest
        )
    except ValueError:
        is_ours = is_whole = False
    if not (is_ours and is_whole):
        raise Broken(Problem.FORGED_SEAL, name)


def verify_rows(seal: Seal, after: Position) -> None:
    """Verify the rows in the seal's range against the seal's entries. Raises Broken."""
    log = LOG_NAMED[seal.log]
    sealed = parse_entries(seal.entries)
    until = Position(seal.end_transaction, seal.end_id)
    # One row more than expected shows an insertion; reading more would only take memory.
    rows = {row.pk: row for row in _read_rows(seal, after, until, len(sealed) + 1)}
    for number, digest in sealed.items():
        row = rows.get(number)
        what = f"{log.LOG} row {number} under seal {seal.number}"
        if row is None:
            inserted = next((other for other in rows if other not in sealed), None)
            if inserted is not None and len(rows) > len(sealed):
                raise Broken(Problem.INSERTED, f"{log.LOG} row {inserted} under seal {seal.number}")
            raise Broken(Problem.MISSING, what)
        if digest != (actual := actual_digest(row)) or row.digest != digest:
            is_elsewhere = actual in sealed.values()
            raise Broken(Problem.REORDERED if is_elsewhere and actual != digest else Problem.CHANGED, what)
    for number in rows:
        if number not in sealed:
            raise Broken(Problem.INSERTED, f"{log.LOG} row {number} under seal {seal.number}")
    if list(rows) != list(sealed):
        moved = next(number for number, other in zip(rows, sealed, strict=True) if number != other)
        raise Broken(Problem.REORDERED, f"{log.LOG} row {moved} under seal {seal.number}")


def verify_head(number: int, digest: str) -> None:
    """Verify that the chain still contains the seal of an exported head. Raises Broken if it is gone or differs."""
    seal = Seal.objects.filter(number=number).defer("entries").first()
    tombstone = Tombstone.objects.first()
    if seal is not None:
        if seal.digest != digest:
            raise Broken(Problem.FORGED_SEAL, f"seal {number} differs from the exported head")
    elif tombstone is None or tombstone.through < number:
        raise Broken(Problem.TRUNCATED, f"seal {number} of the exported head is gone")
    elif tombstone.through == number and tombstone.seal_digest != digest:
        raise Broken(Problem.FORGED_TOMBSTONE, f"the tombstone of seal {number} differs from the exported head")


def actual_digest(row: SealedRow) -> str:
    """Return what the row's digest should be; empty if such a row cannot have been written."""
    try:
        return row_digest(row)
    except (KeyError, ValueError, TypeError):
        return ""


def _beginning(keys: PublicKeys, since: int | None) -> Verified:
    """Return where to start: after the pruned part, or after the seal before `since`, which is not verified."""
    tombstones = list(Tombstone.objects.all())
    for tombstone in tombstones:
        if not is_genuine(tombstone, keys):
            raise Broken(Problem.FORGED_TOMBSTONE, f"the tombstone of seal {tombstone.through}")
    so_far = Verified()
    if tombstones:
        last = tombstones[0]
        so_far.last_seal, so_far.last_digest = last.through, last.seal_digest
        so_far.ends = {log: Position(end["end_transaction"], end["end_id"]) for log, end in last.ends.items()}
    if since is None or since <= so_far.last_seal + 1:
        return so_far
    before = Seal.objects.filter(number=since - 1).first()
    if before is None:
        raise CannotVerify(f"There is no seal {since} to begin with.")
    so_far.last_seal, so_far.last_digest = before.number, before.digest
    for log in LOGS:
        seal = Seal.objects.filter(log=log.LOG, number__lt=since).defer("entries").first()
        if seal is not None:
            so_far.ends[log.LOG] = Position(seal.end_transaction, seal.end_id)
    return so_far


def _seals_after(number: int) -> Iterator[Seal]:
    while seals := list(Seal.objects.filter(number__gt=number).order_by("number")[:SEALS_AT_ONCE]):
        yield from seals
        number = seals[-1].number


def _verify_unsealed(log: type[SealedRow], after: Position) -> int:
    count = 0
    while rows := rows_between(log, after, None, ROWS_AT_ONCE):
        for row in rows:
            if actual_digest(row) != row.digest:
                raise Broken(Problem.CHANGED, f"{log.LOG} row {row.pk}, not sealed yet")
        count += len(rows)
        transaction = getattr(rows[-1], "transaction_id", 0)  # not a field of the model, but raw queries read it
        after = Position(int(transaction), rows[-1].pk)
    return count


def _read_rows(seal: Seal, after: Position, until: Position, limit: int) -> list[SealedRow]:
    log = LOG_NAMED[seal.log]
    try:
        return rows_between(log, after, until, limit)
    except ValueError as error:  # a value that Django cannot read, such as malformed JSON: which row has it?
        for number in parse_entries(seal.entries):
            try:
                log.objects.filter(pk=number).first()
            except ValueError:
                raise Broken(Problem.CHANGED, f"{log.LOG} row {number} under seal {seal.number}") from error
        raise Broken(Problem.INSERTED, f"{log.LOG} row unknown, unreadable, under seal {seal.number}") from error
