"""An audit log of any length, as a year of calls would have left it."""

import hashlib
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.sealing import seal_finished_rows
from on_behalf_of.audit.state import sealing_state

BATCH = 1_000  # rows in one transaction
USERS, ACTORS, ORGANIZATIONS = 20_000, 12, 300
SPAN = timedelta(days=60)
ROUTES = (("GET", "/api/private-scope", ""), ("GET", "/api/notes/", ""), ("POST", "/api/notes/", ""),
          ("GET", "/api/notes/<uuid:pk>/", "b0c1/"), ("PUT", "/api/notes/<uuid:pk>/", "b0c1/"))  # fmt: skip
# (status, decision, reason), and how often of a hundred
OUTCOMES = ((200, "allowed", ""), (403, "refused", "insufficient_scope"), (403, "refused", "actor_not_trusted"),
            (404, "allowed", "not_found"), (500, "failed", "unexpected_error"))  # fmt: skip
WEIGHTS = (88, 6, 2, 3, 1)


def fill(rows: int, log: AuditConfiguration) -> None:
    """Write that many rows and seal them all, with a progress display on a terminal."""
    began = time.perf_counter()
    written = 0
    for batch in _batches(rows):
        DelegatedAccess.objects.bulk_create(batch)
        written += len(batch)
        _progress(f"{written:,} of {rows:,} rows written")
    wrote = time.perf_counter()
    while sealing_state().unsealed_rows:  # on PostgreSQL, rows wait for older transactions of the whole server
        seal_finished_rows(log)
        _progress(f"{sealing_state().sealed_rows:,} of {rows:,} rows sealed")
    sealed = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if connection.vendor == "postgresql" else "ANALYZE")  # as autovacuum does it
    _progress("")
    print(
        f"  {connection.vendor}: {rows:,} rows written in {wrote - began:.0f} s, sealed in {sealed - wrote:.0f} s",
        flush=True,
    )


def _batches(rows: int) -> Iterator[list[DelegatedAccess]]:
    chance = random.Random(20_261_124)  # noqa: S311 - the same log each time, no secrets
    end = datetime.now(UTC)
    for first in range(0, rows, BATCH):
        yield [
            row(number, end - SPAN * (1 - number / rows), chance) for number in range(first, min(first + BATCH, rows))
        ]


def row(number: int, moment: datetime, chance: random.Random) -> DelegatedAccess:
    """Return the row of one call. As in service, its ids begin with the time."""
    begins = f"{int(moment.timestamp() * 1_000):012x}"
    user = int(chance.paretovariate(0.6)) % USERS  # a few call all the time, most seldom
    actor = f"bridge-{int(chance.expovariate(0.7)) % ACTORS}"
    method, route, rest = chance.choice(ROUTES)
    status, decision, reason = chance.choices(OUTCOMES, WEIGHTS)[0]
    return DelegatedAccess(
        time=moment,
        request_id=f"{begins}{chance.getrandbits(80):020x}",
        trace_id=f"{begins}{chance.getrandbits(80):020x}",
        trace_from_caller=True,
        issuer="https://tenant.example/",
        subject=f"auth0|user-{user}",
        client_id=actor,
        organization=f"org_{user % ORGANIZATIONS}" if user % 2 else "",
        actor=actor,
        actor_chain=[{"sub": actor}, {"sub": "inspector"}],
        token_id=hashlib.sha256(f"{number // 7}".encode()).hexdigest()[:32],  # seven calls with each token
        scopes=["read:private"] if status == 403 else ["read:private", "write:private"],
        scopes_required=["write:private" if method != "GET" else "read:private"],
        method=method,
        path=route.partition("<")[0] + rest,
        route=route,
        status=status,
        decision=decision,
        reason=reason,
        source_address="192.0.2.7",
        duration_ms=chance.randrange(2, 40),
    )


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[2K  {text}", end="", file=sys.stderr, flush=True)
