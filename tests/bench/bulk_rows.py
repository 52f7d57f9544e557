"""Fill the log with many rows within seconds, for measurements of what one more row costs.

The database makes the rows itself, and the indexes are built afterwards. The rows' digests are random, and the seal
that covers them is forged, so that no sealer works on them. The next insert looks at neither. `filled_log` writes fewer
rows, all as the API writes and seals them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction

from on_behalf_of.audit.models import DelegatedAccess, Seal

BATCH = 250_000  # rows in one statement
# Column -> expression. `n` counts the rows; the words in braces differ between databases.
COLUMNS = {
    "format": "1",
    "digest": "{hex} || {hex}",
    "time": "{time}",
    "request_id": "{ordered}",
    "trace_id": "{ordered}",
    "trace_from_caller": "{true}",
    "issuer": "'https://tenant.example/'",
    "subject": "'auth0|user-' || CAST({random} * {random} * {users} AS integer)",
    "client_id": "'bridge-' || n % 12",
    "organization": "CASE WHEN n % 2 = 0 THEN '' ELSE 'org_' || n % 300 END",
    "actor": "'bridge-' || n % 12",
    "actor_chain": """'[{{"sub": "bridge"}}, {{"sub": "inspector"}}]'""",
    "token_id": "{hex}",
    "scopes": """'["read:private", "write:private"]'""",
    "scopes_required": """'["read:private"]'""",
    "method": "'GET'",
    "path": "'/api/notes/b0c1/'",
    "route": "CASE n % 3 WHEN 0 THEN '/api/private-scope' WHEN 1 THEN '/api/notes/' ELSE '/api/notes/<uuid:pk>/' END",
    "status": "CASE WHEN n % 12 = 0 THEN 403 ELSE 200 END",
    "decision": "CASE WHEN n % 12 = 0 THEN 'refused' ELSE 'allowed' END",
    "reason": "CASE WHEN n % 12 = 0 THEN 'insufficient_scope' ELSE '' END",
    "source_address": "{address}",
    "duration_ms": "n % 40",
}
POSTGRESQL = {
    "hex": "replace(CAST(gen_random_uuid() AS text), '-', '')",
    "ordered": "lpad(to_hex(CAST(n AS bigint)), 12, '0')"
    " || right(replace(CAST(gen_random_uuid() AS text), '-', ''), 20)",
    "time": "now() - interval '60 days' + n * interval '60 days' / {rows}",
    "true": "true",
    "random": "random()",
    "address": "CAST('192.0.2.7' AS inet)",
    "from": "generate_series(CAST({first} AS bigint), CAST({last} AS bigint)) AS n",
}
SQLITE = {
    "hex": "lower(hex(randomblob(16)))",
    "ordered": "printf('%012x', n) || lower(hex(randomblob(10)))",
    "time": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-60 days', '+' || (n * 5184000.0 / {rows}) || ' seconds')",
    "true": "1",
    "random": "(abs(random() % 1000000) / 1000000.0)",
    "address": "'192.0.2.7'",
    "from": "(WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    " SELECT n FROM numbers)",
}


def fill_fast(rows: int, users: int = 20_000) -> None:
    """Add that many rows to the default database, whose log is empty."""
    if not rows:
        return
    dialect = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    table = DelegatedAccess.table()
    with transaction.atomic():
        dropped = [each for each in table_indexes() if each.name in named_indexes()]
        _execute(*(f'DROP INDEX "{each.name}"' for each in dropped))
        for first in range(1, rows + 1, BATCH):
            words: dict[str, object] = {
                "rows": rows,
                "users": users,
                "first": first,
                "last": min(first + BATCH - 1, rows),
            }
            words |= {name: text.format(**words) for name, text in dialect.items()}
            chosen = ", ".join(text.format(**words) for text in COLUMNS.values())
            _execute(f"INSERT INTO {table} ({', '.join(COLUMNS)}) SELECT {chosen} FROM {words['from']}")
        _execute(*(each.statement for each in dropped))
        _forge_seal(rows)
    _execute("VACUUM (ANALYZE)" if connection.vendor == "postgresql" else "ANALYZE")


@dataclass(frozen=True)
class TableIndex:
    """An index as the database describes it."""

    name: str
    statement: str


def named_indexes() -> list[str]:
    """Return the names of the indexes that the model declares."""
    return [index.name for index in DelegatedAccess._meta.indexes]


def table_indexes() -> list[TableIndex]:
    """Return all indexes of the log's table but those of its keys."""
    statement = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
        if connection.vendor == "postgresql"
        else "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> '' AND tbl_name = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [DelegatedAccess.table()])
        return [TableIndex(name, sql) for name, sql in cursor.fetchall() if not name.endswith("_pkey")]


def insertion(rows: Sequence[DelegatedAccess]) -> tuple[str, list[Any]]:
    """Return one statement that inserts the rows, and its values, as the API writes calls that end together."""
    fields = [field for field in DelegatedAccess._meta.concrete_fields if not isinstance(field, models.AutoField)]
    for row in rows:
        row.prepare()
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in fields]
    return f"INSERT INTO {DelegatedAccess.table()} ({columns}) VALUES {places}", values


def _forge_seal(rows: int) -> None:
    """Write a seal without a signature, which ends after the last row."""
    last_transaction = "max(CAST(CAST(transaction_id AS text) AS bigint))" if connection.vendor == "postgresql" else "0"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {last_transaction}, max(id) FROM {DelegatedAccess.table()}")
        end_transaction, end_id = cursor.fetchone()
    Seal(
        number=1,
        time=datetime.now(UTC),
        log=DelegatedAccess.LOG,
        count=0,
        total=rows,
        end_transaction=end_transaction,
        end_id=end_id,
        digest="0" * 64,
    ).save()


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
