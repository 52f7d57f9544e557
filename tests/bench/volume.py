"""Measure what a call stores: bytes in PostgreSQL for each row with its indexes and seal, and in the WAL."""

import os
import tempfile
from pathlib import Path

from django.db import connection

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.mcp.models import ToolCall
from tests.bench.filled_log import fill
from tests.groups import GROUPS
from tests.on_behalf_of.audit import databases

ROWS = int(os.environ.get("ROWS", "300000"))
TABLES = {"row": "obo_audit_delegatedaccess", "seal": "obo_audit_seal", "record": "obo_mcp_toolcall"}


def measure() -> dict[str, float]:
    """Return bytes for each call: of the row, its share of a seal and the record; by table, by index, and together."""
    found: dict[str, float] = {}
    if GROUPS["postgres"].is_missing():
        print(f"  left out. {GROUPS['postgres'].how_to_enable}")
        return found
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        databases.scratch_postgres() as url,
        databases.default_database(databases.postgres_settings(url)),
    ):
        began = _scalar("SELECT pg_current_wal_insert_lsn()")
        fill(ROWS, AuditConfiguration(Path(folder) / "seal_key.pem", Path(folder) / "public_keys.json"))
        written = int(_scalar("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", began))
        _record_tool_calls()
        for name, table in TABLES.items():
            rows = ROWS if table != "obo_audit_seal" else int(_scalar("SELECT count(*) FROM obo_audit_seal"))
            heap, indexes = (int(_scalar(f"SELECT pg_{what}_size(%s)", table)) for what in ("table", "indexes"))
            found |= {f"{name} table": heap / ROWS, f"{name} indexes": indexes / ROWS, name: (heap + indexes) / ROWS}
            print(
                f"  {table:32} {(heap + indexes) / ROWS:5.0f} bytes for each call: {heap / ROWS:4.0f} in the table, "
                f"{indexes / ROWS:4.0f} in its indexes ({rows:,} rows)"
            )
        print(f"  write-ahead log {written / ROWS:.0f} bytes for each row and its seal, of the whole server meanwhile")
    return found


def _record_tool_calls() -> None:
    """Record tool calls as the bridge would, based on the API's records."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ToolCall._meta.db_table} (time, tool, issuer, subject, client_id, actor, actor_chain,"
            " organization, scopes, exchange, outcome, reason, duration_ms, trace_id, trace_from_caller, request_id,"
            " arguments_digest)"
            " SELECT time, 'list_notes', issuer, subject, client_id, '', '[]', organization, scopes, 'cached', 'ok',"
            " '', duration_ms, trace_id, true, '1', md5(request_id) || md5(trace_id)"
            " FROM obo_audit_delegatedaccess"
        )
        cursor.execute("VACUUM (ANALYZE)")


def _scalar(sql: str, *values: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))  # type: ignore[arg-type]
        return str(cursor.fetchone()[0])
