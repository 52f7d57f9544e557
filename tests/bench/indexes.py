"""Measure what each index of the log's table adds to the cost of a row, on a log of a million rows.

Rows are inserted as calls that end together are: sixteen in a statement. An index is left out by dropping it, in a
transaction that is rolled back (PostgreSQL) or in a copy of the file (SQLite), so each variant inserts the same rows
into the same pages. "ids at random" keeps all indexes, but the rows' request and trace ids do not begin with the time.

`ROWS=100000` makes the log shorter. On a busy machine, only the bytes mean something.
"""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db import connection

from tests.bench.bulk_rows import fill_fast, insertion, named_indexes, table_indexes
from tests.bench.filled_log import row
from tests.groups import GROUPS
from tests.on_behalf_of.audit import databases

ROWS = int(os.environ.get("ROWS", "1000000"))  # in the log beforehand
INSERTED = 4_800
TOGETHER = 16  # rows in a statement
ROUNDS = 5
AT_RANDOM = "ids at random"
BLOCK = 10  # statements
Block = list[tuple[str, list[Any]]]


@dataclass
class Cost:
    """Of one row."""

    processor: float  # microseconds
    log_bytes: float  # of the write-ahead log, without images of whole pages on PostgreSQL
    pages: float  # images of whole pages (8 KB) right after a checkpoint, on PostgreSQL


@dataclass
class Passes:
    """What several passes over the same statements took, in blocks: the least of each block is least disturbed."""

    processor: list[list[float]] = field(default_factory=list)  # microseconds: a list of blocks for each pass
    log_bytes: list[float] = field(default_factory=list)  # of each pass
    pages: list[float] = field(default_factory=list)

    def cost(self) -> Cost:
        used = sum(map(min, zip(*self.processor, strict=True)))
        return Cost(used / INSERTED, min(self.log_bytes) / INSERTED, min(self.pages) / INSERTED)


def measure() -> dict[str, dict[str, dict[str, float]]]:
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        template = databases.migrated_sqlite(Path(folder))
        with databases.copied_sqlite(template, Path(folder)) as file:
            found["sqlite"] = _told("sqlite", _on_sqlite(file))
    if GROUPS["postgres"].is_missing():
        print(f"  left out: PostgreSQL. {GROUPS['postgres'].how_to_enable}")
        return found
    with databases.scratch_postgres() as url, databases.default_database(databases.postgres_settings(url)):
        found["postgresql"] = _told("postgresql", _on_postgresql())
    return found


def variants() -> dict[str, list[str]]:
    """Return, by name, which indexes are dropped."""
    names = named_indexes()
    return {"all": [], "none": names, AT_RANDOM: []} | {f"without {name}": [name] for name in names}


def _on_postgresql() -> dict[str, Cost]:
    fill_fast(ROWS)
    passes = {name: Passes() for name in variants()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        for _ in range(ROUNDS):
            for name, dropped in variants().items():
                blocks = _blocks(at_random=name == AT_RANDOM)
                cursor.execute("CHECKPOINT")
                first, second = Passes(), passes[name]
                _insert_and_roll_back(cursor, dropped, blocks, backend, first)
                _insert_and_roll_back(cursor, dropped, blocks, backend, second)
                second.pages[-1] = first.pages[-1]  # of the second pass, the pages were logged by the first
    return {name: each.cost() for name, each in passes.items()}


def _insert_and_roll_back(cursor: Any, dropped: list[str], blocks: list[Block], backend: Path, into: Passes) -> None:
    cursor.execute("BEGIN")
    for name in dropped:
        cursor.execute(f"DROP INDEX {name}")
    log_bytes = images = 0
    used = []
    for block in blocks:
        before = _microseconds(backend)
        for statement, values in block:
            cursor.execute(f"EXPLAIN (ANALYZE, WAL, COSTS OFF, TIMING OFF, FORMAT JSON) {statement}", values)
            plan = cursor.fetchone()[0][0]["Plan"]
            log_bytes, images = log_bytes + plan["WAL Bytes"], images + plan["WAL FPI"]
        used.append(_microseconds(backend) - before)
    cursor.execute("ROLLBACK")
    into.processor.append(used)
    into.log_bytes.append(log_bytes)
    into.pages.append(images)


def _microseconds(backend: Path) -> float:
    """Return the backend's processor time, or 0 if it runs on another machine."""
    return int(backend.read_text().split()[0]) / 1_000 if backend.exists() else 0


def _on_sqlite(file: Path) -> dict[str, Cost]:
    fill_fast(ROWS)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    passes = {name: Passes() for name in variants()}
    for _ in range(ROUNDS):
        for name, dropped in variants().items():
            blocks = _blocks(at_random=name == AT_RANDOM)
            copy = file.with_name("copy.sqlite3")
            shutil.copy(file, copy)
            with databases.default_database(databases.sqlite_settings(copy)), connection.cursor() as cursor:
                for each in dropped:
                    cursor.execute(f"DROP INDEX {each}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.execute("PRAGMA wal_autocheckpoint=0")
                cursor.execute("PRAGMA synchronous=OFF")  # waiting for the disk costs the same in each variant
                used = [time.thread_time()]
                for block in blocks:
                    for statement, values in block:
                        cursor.execute(statement, values)
                    used.append(time.thread_time())
                passes[name].processor.append([(end - start) * 1e6 for start, end in pairwise(used)])
                passes[name].log_bytes.append(copy.with_name(f"{copy.name}-wal").stat().st_size)
                passes[name].pages.append(0)
            for left in file.parent.glob("copy.sqlite3*"):
                left.unlink()
    return {name: each.cost() for name, each in passes.items()}


def _blocks(*, at_random: bool) -> list[Block]:
    chance, now = random.Random(20_261_128), datetime.now(UTC)  # noqa: S311 - the same rows each time
    rows = [row(ROWS + number, now, chance) for number in range(INSERTED)]
    if at_random:
        for each in rows:
            each.request_id, each.trace_id = (f"{chance.getrandbits(128):032x}" for _ in range(2))
    statements = [insertion(rows[first : first + TOGETHER]) for first in range(0, INSERTED, TOGETHER)]
    return [statements[first : first + BLOCK] for first in range(0, len(statements), BLOCK)]


def _told(vendor: str, costs: dict[str, Cost]) -> dict[str, dict[str, float]]:
    """Print each index's part, and return everything."""
    full, bare = costs["all"], costs["none"]
    sizes = dict(_sizes()) if vendor == "postgresql" else {}
    images = ", page images after a checkpoint" if vendor == "postgresql" else ""
    print(f"  {vendor}, {ROWS:,} rows: processor time and bytes of the write-ahead log for each row{images}")
    for name, cost in costs.items():
        if name in {"all", "none", AT_RANDOM}:
            print(f"    {name:28} {cost.processor:7.1f} µs {cost.log_bytes:7.0f} bytes {cost.pages:6.2f} images")
            continue
        part = full.processor - cost.processor
        share = part / (full.processor - bare.processor) if full.processor > bare.processor else 0
        print(
            f"    {name.removeprefix('without '):28} {part:7.1f} µs {full.log_bytes - cost.log_bytes:7.0f} bytes"
            f" {full.pages - cost.pages:6.2f} images {share:7.0%} of all indexes"
            + (f" {sizes[name.removeprefix('without ')] / ROWS:6.0f} bytes stored" if sizes else ""),
            flush=True,
        )
    return {name: asdict(cost) for name, cost in costs.items()}


def _sizes() -> Iterator[tuple[str, float]]:
    with connection.cursor() as cursor:
        for index in table_indexes():
            cursor.execute("SELECT pg_relation_size(%s)", [index.name])
            yield index.name, cursor.fetchone()[0]
