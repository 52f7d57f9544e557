"""Sealing: adds finished rows to the chain of signed seals. One run at a time, across all processes."""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

from django.db import transaction

from on_behalf_of.audit.append_only import SealedRow, canonical_json, utc_text
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.database import log_alias, log_connection
from on_behalf_of.audit.logs import LOGS
from on_behalf_of.audit.models import Seal, Tombstone
from on_behalf_of.audit.position import START, Position, finished_rows
from on_behalf_of.audit.seal_keys import SealKey, seal_key
from on_behalf_of.audit.turn_to_write import turn_to_write

MAX_ROWS = 1_000  # under one seal
IDLE = timedelta(hours=1)  # after which a seal without rows shows that nothing happened
ADVISORY_LOCK = 0x6F626F_5EA1  # any number that nothing else uses


class CounterWentBack(Exception):
    """PostgreSQL's transaction ids are lower than those under the last seal: the log was restored on another server."""


def seal_finished_rows(configuration: AuditConfiguration) -> int:
    """Seal all rows that are finished now, and return how many.

    Does nothing while another process seals. Raises DatabaseError, KeysUnusable or CounterWentBack.
    """
    sealed = 0
    while _has_work():  # checked without a lock, so that idle processes take none
        key = seal_key(configuration.seal_key_file, configuration.public_keys_file)
        count = _seal_next(key)
        if count is None:
            break
        sealed += count
    return sealed


def seal_content(seal: Seal) -> bytes:
    """Return the bytes that the seal's signature covers."""
    names = (
        *("number", "log", "count", "total", "end_transaction", "end_id"),
        *("entries_digest", "previous", "key_id"),
    )
    return canonical_json({"time": utc_text(seal.time), **{name: getattr(seal, name) for name in names}})


def seal_digest(seal: Seal) -> str:
    """Return the digest by which the next seal and exported heads name this one."""
    return hashlib.sha256(seal_content(seal) + bytes.fromhex(seal.signature)).hexdigest()


def entries_of(rows: list[tuple[int, str]]) -> str:
    return "".join(f"{number} {digest}\n" for number, digest in rows)


def parse_entries(entries: str) -> dict[int, str]:
    """Return digests by id, in order. Raises ValueError for text that `entries_of` did not make."""
    pairs = [line.split(" ") for line in entries.splitlines()]
    return {int(number): digest for number, digest in pairs}


def end_of(log: type[SealedRow]) -> tuple[Position, int]:
    """Return where the sealed part of a log ends, and how many rows it ever had."""
    last = Seal.objects.filter(log=log.LOG).defer("entries").order_by("-end_transaction", "-end_id", "-number").first()
    if last is not None:
        return Position(last.end_transaction, last.end_id), last.total
    tombstone = Tombstone.objects.first()
    end = tombstone.ends.get(log.LOG) if tombstone else None
    return (Position(end["end_transaction"], end["end_id"]), end["total"]) if end else (START, 0)


def last_link() -> tuple[int, str]:
    """Return number and digest of the last seal; 0 and an empty text before the first."""
    last = Seal.objects.only("number", "digest").first()
    if last is not None:
        return last.number, last.digest
    tombstone = Tombstone.objects.first()
    return (tombstone.through, tombstone.seal_digest) if tombstone else (0, "")


def _has_work() -> bool:
    if any(finished_rows(log, end_of(log)[0], 1) for log in LOGS):
        return True
    last = Seal.objects.only("time").first()
    return last is None or datetime.now(UTC) - last.time >= IDLE


def _turn() -> AbstractContextManager[None]:
    """Return a context that takes a turn to write, if sealing could otherwise abort a call's transaction.

    SQLite aborts a transaction that has read something and then wants to write after another one committed, unless
    transactions take the write lock at their start (IMMEDIATE). If they do, sealing waits for SQLite like any other
    process, and calls never wait for their turn behind it.
    """
    is_safe = log_connection().settings_dict["OPTIONS"].get("transaction_mode") == "IMMEDIATE"
    return nullcontext() if is_safe else turn_to_write()


def _seal_next(key: SealKey) -> int | None:
    """Write one seal. Return the number of its rows; None if there was nothing to do, or if another run is sealing."""
    with _turn(), transaction.atomic(using=log_alias()):
        if not _is_alone():
            return None
        ends = {log: end_of(log) for log in LOGS}
        _check_counter(max(end.transaction for end, _ in ends.values()))
        rows: list[tuple[Position, str]] = []
        log = LOGS[0]
        for log in LOGS:
            if rows := finished_rows(log, ends[log][0], MAX_ROWS):
                break
        else:
            if not _has_work():  # another run was first
                return None
            log = LOGS[0]
        before, total = ends[log]
        end = rows[-1][0] if rows else before
        number, previous = last_link()
        entries = entries_of([(position.id, digest) for position, digest in rows])
        seal = Seal(
            number=number + 1,
            time=datetime.now(UTC),
            log=log.LOG,
            count=len(rows),
            total=total + len(rows),
            end_transaction=end.transaction,
            end_id=end.id,
            entries=entries,
            entries_digest=hashlib.sha256(entries.encode()).hexdigest(),
            previous=previous,
            key_id=key.id,
        )
        seal.signature = key.sign(seal_content(seal))
        seal.digest = seal_digest(seal)
        seal.save()
        return len(rows)


def _is_alone() -> bool:
    connection = log_connection()
    if connection.vendor != "postgresql":
        return True  # SQLite lets only one of several runs commit
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _check_counter(sealed: int) -> None:
    connection = log_connection()
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        if cursor.fetchone()[0] <= sealed:
            raise CounterWentBack(
                "This PostgreSQL server's transaction counter is below that of the last seal, as after restoring a "
                "dump on another server: raise it with pg_resetwal before anything more is recorded."
            )
