"""Measure how many rows per second 32 writers record, in turns with and without sealing."""

import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connections

from on_behalf_of.audit.background import SEALING_PAUSE
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.sealing import seal_finished_rows
from tests.groups import GROUPS
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.conftest import record

WRITERS = 32
SECONDS = 8.0  # of one turn; the pause of the sealer fits into it a few times
TURNS = 5


def measure() -> None:
    if GROUPS["postgres"].is_missing():
        print(f"  left out. {GROUPS['postgres'].how_to_enable}")
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        databases.scratch_postgres() as url,
        databases.default_database(databases.postgres_settings(url)),
    ):
        log = AuditConfiguration(Path(folder) / "seal_key.pem", Path(folder) / "public_keys.json")
        _turn(None)  # warms connections and caches
        rates: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(TURNS):
            for is_sealed in (False, True):
                rates[is_sealed].append(_turn(log if is_sealed else None))
    without, sealed = (statistics.median(rates[is_sealed]) for is_sealed in (False, True))
    print(f"  {WRITERS} writers, medians of {TURNS} turns: {without:.0f} rows/s, with sealing {sealed:.0f} rows/s")
    print(f"  ratio {sealed / without:.2f}")


def _turn(log: AuditConfiguration | None) -> float:
    """Return rows per second. With a log, a sealer runs next to the writers, as in a service."""
    done = threading.Event()

    def write(_writer: int) -> int:
        written = 0
        while not done.is_set():
            record(written)
            written += 1
        connections.close_all()
        return written

    def seal() -> None:
        while log and not done.wait(SEALING_PAUSE):
            seal_finished_rows(log)
        connections.close_all()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        sealer = pool.submit(seal)
        began = time.perf_counter()
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        time.sleep(SECONDS)
        done.set()
        written = sum(writer.result() for writer in writers)
        took = time.perf_counter() - began
        sealer.result()
    if log:
        seal_finished_rows(log)
    else:
        _forget()
    return written / took


def _forget() -> None:
    """Delete the rows, so that the next turn's sealer has no backlog."""
    databases.execute_as_owner(f"DELETE FROM {DelegatedAccess.table()}")
