"""Measure how the cost of a call grows with workers, with users, and with the rows that the log already holds.

Workers and users are measured on PostgreSQL with Redis (TEST_POSTGRES_URL, TEST_REDIS_URL), rows also on SQLite. The
rows are made by the database (`bulk_rows`) and a seal that covers them is forged: writing looks at neither. `LONG=1`
goes to ten million rows; `SECONDS`, `ROUNDS` and `USERS=1,1000` make a run shorter, `PARTS=workers,users,rows,volume`
chooses.

The run is kept in var/bench/; with `WRITE=1`, docs/scaling.md is written from it.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.bench import growth_page, volume
from tests.bench.bulk_rows import fill_fast
from tests.bench.figures import Growth, Point
from tests.bench.loads import put_load
from tests.bench.machine import machine
from tests.bench.one_call import call_once
from tests.bench.peers import CERTIFICATE_HOURS, RESULTS
from tests.bench.quick_tenant import quick_tenant
from tests.bench.scenarios import GROWING, Scenario
from tests.bench.targets import API_AUDIENCE, CLIENT_ID, MCP_AUDIENCE, Target, this_project, trust_stores
from tests.bench.tokens import Tokens, make_tokens
from tests.client_documents import make_authority
from tests.groups import GROUPS, POSTGRES_URL, REDIS_URL
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases

SECONDS = float(os.environ.get("SECONDS", "4"))  # of one load
PARTS = os.environ.get("PARTS", "workers,users,rows,volume").split(",")
WORKERS = (1, 2, 4)
USERS = [int(each) for each in os.environ.get("USERS", "1,1000,100000").split(",")]
ROWS = (0, 100_000, 1_000_000) + ((10_000_000,) if os.environ.get("LONG") else ())
ROUNDS = int(os.environ.get("ROUNDS", "3"))
WARM_UP = 1.5  # seconds
FIRST_CALLS = 1_800.0  # seconds that every user's first call may take together
TOKENS = 3_000  # for each second, of those that are used once


def measure() -> bool:
    """Return whether every answer was right, and every answered call on record."""
    found = Growth(f"{datetime.now(UTC):%Y-%m-%d}", machine(), SECONDS)
    missing = [GROUPS[name] for name in ("postgres", "redis") if GROUPS[name].is_missing()]
    for group in missing:
        print(f"  left out: workers, users, and rows on PostgreSQL. {group.how_to_enable}")
    file = RESULTS / f"growth-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _running_tenant(Path(folder)) as tenant:
        if "workers" in PARTS and not missing:
            _grow_workers(tenant, found)
        if "users" in PARTS and not missing:
            _grow_users(tenant, found)
        if "rows" in PARTS:
            for postgres in ("", *(() if missing else (POSTGRES_URL,))):
                found.save(file)  # what follows takes long, and may be interrupted
                _grow_rows(tenant, found, postgres)
    if "volume" in PARTS and not missing:
        found.stored = volume.measure()
    found.save(file)
    print(growth_page.as_text(found))
    print(f"  kept in {file.relative_to(BASE_DIR)}")
    for fault in found.faults():
        print(f"  FAULT {fault}")
    if os.environ.get("WRITE") and not found.faults():
        print(f"  written: {growth_page.write(found)}")
    return not found.faults()


@dataclass
class Tenant:
    issuer: Issuer
    ca_file: Path
    state: Path

    def tokens(self, service: str, name: str, count: int, *, cycles: bool) -> Tokens:
        if service == "api":
            claims = {"audience": API_AUDIENCE, "scopes": ["read:private"], "actor": [CLIENT_ID, "inspector"]}
        else:
            claims = {"audience": MCP_AUDIENCE, "scopes": ["tool:greet"], "client_id": "inspector"}
        return make_tokens(self.issuer, self.state / f"{service}-{name}", count, cycles=cycles, **claims)

    @contextmanager
    def project(self, *, postgres: str = "", workers: int = 1) -> Iterator[Target]:
        """Yield the project, which is not started. With PostgreSQL, it shares exchanged tokens in Redis."""
        state, trust = self.state / secrets.token_hex(4), trust_stores(self.state, self.ca_file)
        shared = REDIS_URL if postgres else ""
        made = this_project(state.name, self.issuer, state, trust, postgres=postgres, redis=shared, workers=workers)
        with made as target:
            try:
                yield target
            finally:
                target.stop()
                _forget(target)

    def start(self, target: Target) -> None:
        for service in ("api", "mcp"):
            target.start(service)
            token = self.tokens(service, "first", 1, cycles=True).file.read_text().strip()
            call_once(target, service, token)

    def load(self, scenario: Scenario, target: Target, tokens: Tokens, part: str, at: int) -> Point:
        """Put the target under load several times, and return the one with the median processor time."""
        put_load(scenario, target, tokens, WARM_UP, self.issuer, self.ca_file)
        log_before = _log_position(target)
        rounds = [put_load(scenario, target, tokens, SECONDS, self.issuer, self.ca_file) for _ in range(ROUNDS)]
        log_bytes = (_log_position(target) - log_before) / sum(each.sent for each in rounds)
        middle = sorted(rounds, key=lambda each: each.processor_time)[ROUNDS // 2]
        faults = tuple(fault for each in rounds for fault in each.faults)
        database = "PostgreSQL" if target.postgres_url else "SQLite"
        connections = _connections(target.postgres_url) if target.postgres_url else 0
        point = Point(part, at, database, scenario.name, connections, log_bytes, replace(middle, faults=faults))
        print(f"  {point}", flush=True)
        return point


@contextmanager
def _running_tenant(state: Path) -> Iterator[Tenant]:
    ca_file, certificate = make_authority(state, hours=CERTIFICATE_HOURS)
    with quick_tenant(free_ports(1)[0], state, (ca_file, certificate)) as issuer:
        yield Tenant(issuer, ca_file, state)


def _grow_workers(tenant: Tenant, found: Growth) -> None:
    for workers in WORKERS:
        with tenant.project(postgres=POSTGRES_URL, workers=workers) as target:
            tenant.start(target)
            for scenario in GROWING:
                count = int(TOKENS * (ROUNDS * SECONDS + WARM_UP)) if scenario.tokens == "once" else 1
                tokens = tenant.tokens(scenario.service, scenario.tokens, count, cycles=count == 1)
                found.points.append(tenant.load(scenario, target, tokens, "workers", workers))


def _grow_users(tenant: Tenant, found: Growth) -> None:
    with tenant.project(postgres=POSTGRES_URL) as target:
        tenant.start(target)
        for users in USERS:
            for scenario in (each for each in GROWING if each.tokens == "one"):
                tokens = tenant.tokens(scenario.service, f"{users}-users", users, cycles=False)
                if users > 1:  # each user's first call
                    put_load(
                        scenario, target, tokens, FIRST_CALLS, tenant.issuer, tenant.ca_file, ends_with_tokens=True
                    )
                again = Tokens(tokens.file, users, cycles=True)
                found.points.append(tenant.load(scenario, target, again, "users", users))


def _grow_rows(tenant: Tenant, found: Growth, postgres: str) -> None:
    scenario = GROWING[0]
    with ExitStack() as running:
        for rows in ROWS:
            target = running.enter_context(tenant.project(postgres=postgres))
            settings = (
                databases.postgres_settings(target.postgres_url)
                if postgres
                else databases.sqlite_settings(target.state / "db.sqlite3")
            )
            with databases.default_database(settings):
                fill_fast(rows)
            tenant.start(target)
            tokens = tenant.tokens("api", "one", 1, cycles=True)
            found.points.append(tenant.load(scenario, target, tokens, "rows", rows))
            running.close()  # before the next log is filled


def _connections(url: str) -> int:
    """Return how many connections there are to this database, but for the one that asks."""
    statement = "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
    with psycopg.connect(url) as connection:
        counted = connection.execute(statement).fetchone()
    return int(counted[0]) if counted else 0


def _log_position(target: Target) -> int:
    """Return how many bytes PostgreSQL has ever written to its write-ahead log; 0 on SQLite."""
    if not target.postgres_url:
        return 0
    with psycopg.connect(target.postgres_url) as connection:
        found = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
    return int(found[0]) if found else 0


def _forget(target: Target) -> None:
    """Delete what the target left in Redis."""
    if target.redis_url:
        with redis.Redis.from_url(target.redis_url) as client:
            for key in client.scan_iter(f"*{target.environment['CACHE_KEY_PREFIX']}*", count=1_000):
                client.delete(key)
