"""Promises 7 and 8: changes to sealed rows by the database's owner, with the triggers off, are found and named."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from on_behalf_of.audit.append_only import row_digest
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess, LogOperation, Seal, Verification
from on_behalf_of.audit.seal_keys import public_keys, seal_key
from on_behalf_of.audit.sealing import entries_of, seal_content, seal_digest
from on_behalf_of.audit.state import RowVerdict, seal_of, verify_row
from on_behalf_of.audit.verification import Broken, Problem, verify
from tests.on_behalf_of.audit.conftest import record, seal_everything
from tests.on_behalf_of.audit.databases import execute, execute_as_owner, is_postgresql

ROWS = "obo_audit_delegatedaccess"
COLUMNS = [*DelegatedAccess.FORMATS[1], "digest", "format"]


@pytest.fixture
def rows(database: str, log: AuditConfiguration) -> list[DelegatedAccess]:
    """Six sealed rows, three to a seal."""
    rows = []
    for begin in (0, 3):
        rows += [record(begin + number) for number in range(3)]
        seal_everything(log)
    check(log)
    return rows


def check(log: AuditConfiguration) -> None:
    verify(public_keys(log.public_keys_file))


def found(log: AuditConfiguration) -> Broken:
    with pytest.raises(Broken) as caught:
        check(log)
    return caught.value


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_is_found(log: AuditConfiguration, rows: list[DelegatedAccess], column: str) -> None:
    row = rows[1]
    value = getattr(row, column)
    different: Any = f"{value}x"
    if column == "time":
        different = "2020-01-01 00:00:00+00:00"
    elif column in {"actor_chain", "scopes", "scopes_required"}:
        different = '["forged"]'
    elif column == "trace_from_caller":
        different = True
    elif isinstance(value, int):
        different = value + 1
    elif column == "source_address":
        different = "192.0.2.8"
    elif column in {"request_id", "trace_id", "digest"}:
        different = "f" * len(value)
    elif column == "decision":
        different = "refused"
    execute_as_owner(f"UPDATE {ROWS} SET {column} = %s WHERE id = %s", different, row.pk)
    broken = found(log)
    assert (broken.problem, f"access row {row.pk} " in broken.what) == (Problem.CHANGED, True)
    assert verify_row(row) == RowVerdict.CHANGED
    assert verify_row(rows[0]) == RowVerdict.INTACT


def test_a_change_with_a_digest_to_match_is_found(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    row = rows[4]
    row.subject = "somebody else"
    execute_as_owner(f"UPDATE {ROWS} SET subject = %s, digest = %s WHERE id = %s", row.subject, row_digest(row), row.pk)
    assert found(log).problem == Problem.CHANGED
    assert verify_row(row) == RowVerdict.CHANGED


def test_an_unreadable_value_is_found(sqlite: Path, log: AuditConfiguration) -> None:
    row = record()
    seal_everything(log)
    execute("PRAGMA ignore_check_constraints = ON")
    execute_as_owner(f"UPDATE {ROWS} SET actor_chain = 'no json' WHERE id = %s", row.pk)
    assert (found(log).problem, str(row.pk) in found(log).what) == (Problem.CHANGED, True)


def test_a_deleted_row_is_found(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    execute_as_owner(f"DELETE FROM {ROWS} WHERE id = %s", rows[2].pk)
    broken = found(log)
    assert (broken.problem, f"access row {rows[2].pk} " in broken.what) == (Problem.MISSING, True)
    assert verify_row(rows[2]) == RowVerdict.MISSING


def test_swapped_rows_are_found(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    """The same rows in another order."""
    first, second = rows[0].pk, rows[1].pk
    for old, new in ((first, 900_000), (second, first), (900_000, second)):
        execute_as_owner(f"UPDATE {ROWS} SET id = %s WHERE id = %s", new, old)
    broken = found(log)
    assert (broken.problem, f"access row {first} " in broken.what) == (Problem.REORDERED, True)
    assert verify_row(rows[0]) == RowVerdict.CHANGED


def test_an_inserted_row_is_found(database: str, log: AuditConfiguration) -> None:
    """A copy of a row, with a digest that fits, where a number between two sealed ones was never used."""
    rows = [record(number, id=number * 10 + 1) for number in range(3)]
    seal_everything(log)
    listed = ", ".join([*COLUMNS, *(["transaction_id"] if is_postgresql() else [])])
    execute_as_owner(f"INSERT INTO {ROWS} (id, {listed}) SELECT 5, {listed} FROM {ROWS} WHERE id = %s", rows[0].pk)
    broken = found(log)
    assert (broken.problem, "access row 5 " in broken.what) == (Problem.INSERTED, True)
    assert verify_row(DelegatedAccess.objects.get(pk=5)) == RowVerdict.MISSING


def test_a_row_moved_to_the_end_is_missing(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    execute_as_owner(f"UPDATE {ROWS} SET id = 500 WHERE id = %s", rows[5].pk)
    assert found(log).problem in {Problem.MISSING, Problem.INSERTED}


def test_a_deleted_seal_is_found(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    numbers = sorted(Seal.objects.values_list("number", flat=True))
    execute_as_owner("DELETE FROM obo_audit_seal WHERE number = %s", numbers[0])
    assert found(log).what == f"seal {numbers[0]}"


@pytest.mark.parametrize(
    "column",
    ["time", "count", "total", "end_id", "entries", "entries_digest", "previous", "key_id", "signature", "digest"],
)
def test_a_changed_seal_is_found(log: AuditConfiguration, rows: list[DelegatedAccess], column: str) -> None:
    seal = seal_of(rows[1])
    assert seal is not None
    value = getattr(seal, column)
    different = "2020-01-01 00:00:00+00:00" if column == "time" else value + 1 if isinstance(value, int) else "0" * 64
    if column == "key_id":
        different = "0" * 16
    execute_as_owner(f"UPDATE obo_audit_seal SET {column} = %s WHERE number = %s", different, seal.number)
    broken = found(log)
    assert (broken.problem, broken.what.startswith(f"seal {seal.number}")) == (Problem.FORGED_SEAL, True)


def test_a_seal_remade_with_another_key_counts_as_forged(
    log: AuditConfiguration, rows: list[DelegatedAccess], tmp_path: Path
) -> None:
    key = seal_key(tmp_path / "other.pem", tmp_path / "other.json")
    row, seal = rows[1], seal_of(rows[1])
    assert seal is not None
    row.subject = "somebody else"
    execute_as_owner(f"UPDATE {ROWS} SET subject = %s, digest = %s WHERE id = %s", row.subject, row_digest(row), row.pk)
    lines = [line.split() for line in seal.entries.splitlines()]
    seal.entries = entries_of([(int(n), row_digest(row) if int(n) == row.pk else digest) for n, digest in lines])
    seal.entries_digest = hashlib.sha256(seal.entries.encode()).hexdigest()
    seal.key_id = key.id
    seal.signature = key.sign(seal_content(seal))
    seal.digest = seal_digest(seal)
    for column in ("entries", "entries_digest", "key_id", "signature", "digest"):
        execute_as_owner(
            f"UPDATE obo_audit_seal SET {column} = %s WHERE number = %s", getattr(seal, column), seal.number
        )
    assert found(log).problem == Problem.FORGED_SEAL
    assert verify_row(row) == RowVerdict.SEAL_FORGED


def test_a_tail_cut_with_its_seals_is_found_by_an_exported_head(
    log: AuditConfiguration, rows: list[DelegatedAccess], tmp_path: Path
) -> None:
    call_command("audit_export", head=tmp_path / "head.json", verbosity=0)
    seal_everything(log)
    call_command("audit_verify", head=tmp_path / "head.json")
    seal = seal_of(rows[3])
    assert seal is not None
    execute_as_owner(f"DELETE FROM {ROWS} WHERE id >= %s", rows[3].pk)
    execute_as_owner("DELETE FROM obo_audit_logoperation")
    execute_as_owner("DELETE FROM obo_audit_seal WHERE number >= %s", seal.number)
    check(log)  # what is left is a shorter log, and intact
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", head=tmp_path / "head.json")
    assert ended.value.code == 1
    assert "truncated" in Verification.objects.all()[0].finding


def test_a_missing_trigger_is_found(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    drop = f"DROP TRIGGER {ROWS}_row ON {ROWS}" if is_postgresql() else f"DROP TRIGGER {ROWS}_update"
    execute(drop)
    assert found(log).problem == Problem.NO_TRIGGER


@pytest.mark.postgres
def test_a_trigger_that_is_switched_off_or_does_nothing_is_found(postgres: str, log: AuditConfiguration) -> None:
    seal_everything(log)
    execute(f"ALTER TABLE {ROWS} DISABLE TRIGGER {ROWS}_row")
    assert found(log).problem == Problem.NO_TRIGGER
    execute(f"ALTER TABLE {ROWS} ENABLE ALWAYS TRIGGER {ROWS}_row")
    check(log)
    execute(
        "CREATE OR REPLACE FUNCTION obo_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$"
    )
    assert found(log).problem == Problem.NO_TRIGGER


def test_operations_on_the_log_are_sealed_like_accesses(database: str, log: AuditConfiguration) -> None:
    operation = LogOperation.objects.create(kind="export", by="root", what="csv")
    seal_everything(log)
    assert verify_row(operation) == RowVerdict.INTACT
    execute_as_owner("DELETE FROM obo_audit_logoperation")
    assert (found(log).problem, "operation row" in found(log).what) == (Problem.MISSING, True)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda log: None, 0),
        (lambda log: execute_as_owner(f"DELETE FROM {ROWS} WHERE id = (SELECT min(id) FROM {ROWS})"), 1),
        (lambda log: log.public_keys_file.unlink(), 2),
        (lambda log: log.public_keys_file.write_text("{"), 2),
    ],
)
def test_the_exit_code_distinguishes_intact_broken_and_unknown(
    log: AuditConfiguration, rows: list[DelegatedAccess], damage: Callable[[AuditConfiguration], object], code: int
) -> None:
    damage(log)
    try:
        call_command("audit_verify")
        ended = 0
    except SystemExit as end:
        ended = int(str(end.code))
    assert ended == code
    assert Verification.objects.count() == 1


def test_verification_can_start_at_a_later_seal(log: AuditConfiguration, rows: list[DelegatedAccess]) -> None:
    keys, last = public_keys(log.public_keys_file), Seal.objects.all()[0]
    execute_as_owner(f"DELETE FROM {ROWS} WHERE id = %s", rows[0].pk)
    assert verify(keys, since=last.number).rows == last.count
    with pytest.raises(Broken):
        verify(keys)
