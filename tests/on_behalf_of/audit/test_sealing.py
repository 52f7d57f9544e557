"""Promise 7: each row is sealed once, in an order into which no later row can be inserted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from on_behalf_of.audit import sealing
from on_behalf_of.audit.append_only import SealedRow, row_digest
from on_behalf_of.audit.background import SealingThread
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.logs import LOGS
from on_behalf_of.audit.models import DelegatedAccess, Seal
from on_behalf_of.audit.position import START, finished_rows, rows_between
from on_behalf_of.audit.seal_keys import public_keys
from on_behalf_of.audit.sealing import CounterWentBack, parse_entries, seal_finished_rows
from on_behalf_of.audit.state import seal_of, sealing_state
from on_behalf_of.audit.verification import verify
from tests.on_behalf_of.audit.conftest import record, seal_everything
from tests.on_behalf_of.audit.databases import execute, execute_as_owner

WRITERS = 32
ROWS_EACH = 20


@pytest.mark.parametrize("log_model", LOGS)
def test_the_newest_format_covers_every_field(log_model: type[SealedRow]) -> None:
    """Except the row's number, which the seal covers, and the digest itself."""
    fields = {field.name for field in log_model._meta.fields} - {"id", "digest", "format"}
    assert set(log_model.FORMATS[max(log_model.FORMATS)]) == fields


@pytest.mark.parametrize(
    "changes",
    [
        {"source_address": "2001:db8:0:0::1"},
        {"source_address": "::ffff:192.0.2.1"},
        {"source_address": None},
        {"subject": "\u202eevil\u2066 <b>=cmd()", "actor_chain": [{"sub": "ü", "z": "1", "a": "2"}], "scopes": []},
        {"time": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_digest_is_the_same_after_the_row_is_read_back(database: str, changes: dict[str, Any]) -> None:
    row = DelegatedAccess.objects.get(pk=record(**changes).pk)
    assert row_digest(row) == row.digest


ADDRESSES = {
    "2001:db8:0:0::1": "357e0051a9052875b6ddba24467b634ce9d725ef5f2edeaeaf61577dcc7bea50",
    "::ffff:192.0.2.1": "d731a23585a16c7a1428958d6dafe5a579f657297d48dd094fae816873be7627",
    None: "6718006c8182f8cf40f6b551642f6d2e3a7496d9a271a0d65f7e49cfaa664395",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_digests_of_existing_logs_stay_what_they_are(address: str | None) -> None:
    """Another spelling of the same content would make each row of each log look forged."""
    row = DelegatedAccess(
        time=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2))),
        request_id="a" * 32,
        trace_id="b" * 32,
        trace_from_caller=True,
        issuer="https://tenant.example/",
        subject="auth0|ü",
        client_id="c",
        organization="",
        actor="x",
        actor_chain=[{"sub": "x", "client_id": "y"}],
        token_id="t",
        scopes=["a", "b"],
        scopes_required=[],
        method="GET",
        path="/api/\N{REPLACEMENT CHARACTER}",
        route="/api/",
        status=200,
        decision="allowed",
        reason="",
        source_address=address,
        duration_ms=3,
    )
    assert row_digest(row) == ADDRESSES[address]


def test_no_seal_exceeds_the_maximum_number_of_rows(
    database: str, log: AuditConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "MAX_ROWS", 3)
    rows = DelegatedAccess.objects.bulk_create([_unsaved(number) for number in range(8)])
    seal_everything(log)
    assert sorted(seal.count for seal in Seal.objects.all()) == [2, 3, 3]
    assert [seal_of(row) for row in DelegatedAccess.objects.filter(request_id=rows[0].request_id)] != [None]
    assert verify(public_keys(log.public_keys_file)).rows == 8


def _unsaved(number: int) -> DelegatedAccess:
    row = record(number)
    content = {name: getattr(row, name) for name in DelegatedAccess.FORMATS[1]}
    execute_as_owner("DELETE FROM obo_audit_delegatedaccess WHERE id = %s", row.pk)
    return DelegatedAccess(**content)


@pytest.mark.postgres
def test_a_row_that_is_committed_late_is_sealed_too(postgres: str, log: AuditConfiguration) -> None:
    """Its number is lower than one that was committed before: a sealer that went by numbers would miss it."""
    inserted, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(1)
            inserted.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inserted.wait(30)
    record(2)
    seal_finished_rows(log)
    assert sealing_state().sealed_rows == 0  # the second waits for the first
    may_end.set()
    thread.join()
    seal_everything(log)
    assert sealing_state().sealed_rows == 2
    assert verify(public_keys(log.public_keys_file)).rows == 2


def test_with_many_writers_and_sealers_every_row_is_sealed_once(database: str, log: AuditConfiguration) -> None:
    writers = WRITERS if database == "postgres" else 4
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(ROWS_EACH):
            with transaction.atomic():
                record(writer * ROWS_EACH + number)
        connections.close_all()

    def seal() -> None:
        while not done.is_set():
            seal_finished_rows(log)
        connections.close_all()

    with ThreadPoolExecutor(writers + 2) as pool:
        sealers = [pool.submit(seal) for _ in range(2)]
        list(pool.map(write, range(writers)))
        done.set()
        for sealer in sealers:
            sealer.result()
    seal_everything(log)
    sealed = Counter(number for seal in Seal.objects.all() for number in parse_entries(seal.entries))
    assert sealed == Counter(DelegatedAccess.objects.values_list("pk", flat=True))
    assert sealed.total() == writers * ROWS_EACH
    assert verify(public_keys(log.public_keys_file)).rows == writers * ROWS_EACH


def test_the_sealing_thread_continues_after_an_outage(
    database: str, log: AuditConfiguration, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from on_behalf_of.audit import background

    monkeypatch.setattr(background, "SEALING_PAUSE", 0.02)
    key = log.seal_key_file
    key.parent.mkdir()
    key.write_text("no key")
    thread = SealingThread(log)
    thread.start()
    try:
        record()
        _poll(lambda: "cannot be sealed" in caplog.text)
        failures = thread._failures
        _poll(lambda: thread._failures > failures + 3)
        assert caplog.text.count("cannot be sealed") == 1  # a line for the outage, not for each round
        key.unlink()
        _poll(lambda: sealing_state().unsealed_rows == 0)
    finally:
        thread.stop()
    assert not thread.is_alive()


def _poll(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline


@pytest.mark.postgres
def test_rows_to_seal_are_read_in_index_order(postgres: str) -> None:
    """Sorting would read all that waits for each seal: a log of a million rows took a second for a thousand of them."""
    record()
    with CaptureQueriesContext(connection) as asked:
        finished_rows(DelegatedAccess, START, 1_000)
        rows_between(DelegatedAccess, START, None, 1_000)
    for way in ("seqscan", "bitmapscan"):  # what a planner prefers for a single row
        execute(f"SET enable_{way} = off")
    for query in asked.captured_queries:
        plan = "\n".join(step for (step,) in execute(f"EXPLAIN {query['sql']}".replace("%", "%%")))
        assert "_by_transaction" in plan
        assert "Sort" not in plan, plan


@pytest.mark.postgres
def test_a_restored_server_with_lower_transaction_numbers_is_detected(
    postgres: str, log: AuditConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after restoring a dump elsewhere: rows would stand before those that are sealed."""
    record()
    seal_everything(log)
    execute_as_owner("UPDATE obo_audit_seal SET end_transaction = end_transaction + 1000000000")
    monkeypatch.setattr(sealing, "IDLE", timedelta(0))  # there seems to be nothing to seal
    with pytest.raises(CounterWentBack):
        seal_finished_rows(log)
