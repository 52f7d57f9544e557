"""Promises 10 and 11, and key rotation: pruning, exports and new keys leave a verifiable trace."""

import json
import stat
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from on_behalf_of.audit import sealing
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess, LogOperation, Seal, Tombstone
from on_behalf_of.audit.pruning import TooYoung, prune
from on_behalf_of.audit.seal_keys import public_keys
from on_behalf_of.audit.state import RowVerdict, record_export, sealing_state, verify_row
from on_behalf_of.audit.verification import Broken, Problem, verify
from tests.on_behalf_of.audit.conftest import record, seal_everything
from tests.on_behalf_of.audit.databases import execute_as_owner

YEARS = timedelta(days=800)


class Clock(datetime):
    """Two years ago."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz or UTC) - YEARS


@pytest.fixture
def old_and_new(database: str, log: AuditConfiguration, monkeypatch: pytest.MonkeyPatch) -> list[DelegatedAccess]:
    """Two rows that were sealed two years ago, and two of today."""
    with monkeypatch.context() as past:
        past.setattr(sealing, "datetime", Clock)
        rows = [record(number, time=datetime.now(UTC) - YEARS) for number in range(2)]
        seal_everything(log)
    rows += [record(number) for number in (2, 3)]
    seal_everything(log)
    return rows


def intact(log: AuditConfiguration) -> int:
    return verify(public_keys(log.public_keys_file)).rows


def test_whole_sealed_ranges_are_pruned_and_the_rest_still_verifies(
    log: AuditConfiguration, old_and_new: list[DelegatedAccess]
) -> None:
    before = datetime.now(UTC) - timedelta(days=500)
    call_command("audit_prune", "--before", before.date().isoformat())
    assert [row.pk for row in DelegatedAccess.objects.order_by("pk")] == [row.pk for row in old_and_new[2:]]
    assert verify_row(old_and_new[2]) == RowVerdict.INTACT
    tombstone = Tombstone.objects.get()
    assert tombstone.ends["access"]["total"] == 2
    seal_everything(log)
    assert intact(log) == 3  # two rows, and the operation that says who pruned
    assert [each.kind for each in LogOperation.objects.all()] == [LogOperation.Kind.PRUNE]
    assert sealing_state().sealed_rows == 5


def test_a_second_pruning_continues_where_the_first_ended(
    log: AuditConfiguration, old_and_new: list[DelegatedAccess]
) -> None:
    before = datetime.now(UTC) - timedelta(days=500)
    assert prune(before, by="x", configuration=log).rows == 2
    assert prune(before, by="x", configuration=log).rows == 0
    assert Tombstone.objects.count() == 1


def test_rows_within_the_retention_time_are_kept(log: AuditConfiguration, old_and_new: list[DelegatedAccess]) -> None:
    with pytest.raises(TooYoung):
        prune(datetime.now(UTC) - timedelta(days=399), by="x", configuration=log)
    with pytest.raises(CommandError):
        call_command("audit_prune", "--before", datetime.now(UTC).date().isoformat())
    assert DelegatedAccess.objects.count() == 4


def test_a_broken_log_is_not_pruned(log: AuditConfiguration, old_and_new: list[DelegatedAccess]) -> None:
    execute_as_owner("UPDATE obo_audit_delegatedaccess SET subject = 'x' WHERE id = %s", old_and_new[0].pk)
    with pytest.raises(Broken):
        prune(datetime.now(UTC) - timedelta(days=500), by="x", configuration=log)
    assert DelegatedAccess.objects.count() == 4


def test_a_changed_tombstone_is_found(log: AuditConfiguration, old_and_new: list[DelegatedAccess]) -> None:
    prune(datetime.now(UTC) - timedelta(days=500), by="x", configuration=log)
    execute_as_owner("UPDATE obo_audit_tombstone SET before = '2030-01-01 00:00:00+00:00'")
    with pytest.raises(Broken) as broken:
        intact(log)
    assert broken.value.problem == Problem.FORGED_TOMBSTONE


def test_pruning_without_a_tombstone_is_found(log: AuditConfiguration, old_and_new: list[DelegatedAccess]) -> None:
    first = Seal.objects.order_by("number")[0]
    execute_as_owner("DELETE FROM obo_audit_delegatedaccess WHERE id <= %s", first.end_id)
    execute_as_owner("DELETE FROM obo_audit_seal WHERE number <= %s", first.number)
    with pytest.raises(Broken) as broken:
        intact(log)
    assert broken.value.problem == Problem.MISSING


def test_a_rotated_key_leaves_old_seals_verifiable(database: str, log: AuditConfiguration) -> None:
    record()
    seal_everything(log)
    call_command("audit_seal", rotate_key=True)
    record(1)
    seal_everything(log)
    assert intact(log) == 3
    assert len(set(Seal.objects.values_list("key_id", flat=True))) == 2
    assert len(public_keys(log.public_keys_file)) == 2
    assert LogOperation.objects.get().kind == LogOperation.Kind.ROTATE_KEY


def test_a_seal_by_an_unpublished_key_counts_as_forged(database: str, log: AuditConfiguration) -> None:
    record()
    seal_everything(log)
    keys = public_keys(log.public_keys_file)
    call_command("audit_seal", rotate_key=True)
    seal_everything(log)
    with pytest.raises(Broken) as broken:
        verify(keys)
    assert broken.value.problem == Problem.FORGED_SEAL


def test_the_private_key_is_readable_by_its_owner_only(database: str, log: AuditConfiguration) -> None:
    seal_everything(log)
    call_command("audit_seal", rotate_key=True)
    assert stat.S_IMODE(log.seal_key_file.stat().st_mode) == 0o600
    assert "PRIVATE" not in log.public_keys_file.read_text()


def test_an_export_is_recorded_and_holds_every_row(database: str, log: AuditConfiguration, tmp_path: Path) -> None:
    rows = [record(number) for number in range(3)]
    seal_everything(log)
    call_command("audit_export", output=tmp_path / "rows.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [(line["id"], line["digest"]) for line in lines] == [(row.pk, row.digest) for row in rows]
    assert lines[0]["actor_chain"] == [{"sub": "bridge"}, {"sub": "inspector"}]
    operation = LogOperation.objects.get()
    assert (operation.kind, operation.what, operation.count) == ("export", "json-lines", 3)


def test_a_tampered_head_is_refused(database: str, log: AuditConfiguration, tmp_path: Path) -> None:
    call_command("audit_export", head=tmp_path / "head.json")
    head = json.loads((tmp_path / "head.json").read_text())
    (tmp_path / "head.json").write_text(json.dumps(head | {"seal": 0}))
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", head=tmp_path / "head.json")
    assert ended.value.code == 2


def test_an_hour_in_which_nothing_happened_is_sealed_too(
    database: str, log: AuditConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr(sealing, "datetime", Clock)
        seal_everything(log)
    seal_everything(log)
    seal_everything(log)
    assert [seal.count for seal in Seal.objects.all()] == [0, 0]


def test_the_state_of_the_sealing_is_reported(database: str, log: AuditConfiguration) -> None:
    record_export("root", "csv", {"decision": "refused"}, 3)
    record(time=datetime.now(UTC) - timedelta(seconds=30))
    before = sealing_state()
    assert (before.unsealed_rows, before.last_sealed_at, before.triggers_ok) == (2, None, True)
    assert 30 <= before.lag_seconds < 300
    seal_everything(log)
    call_command("audit_verify")
    after = sealing_state()
    assert (after.unsealed_rows, after.lag_seconds, after.sealed_rows, after.last_verdict) == (0, 0, 2, "intact")
