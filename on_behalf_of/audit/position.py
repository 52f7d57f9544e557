"""The position of a row in its log, and reading rows in that order.

PostgreSQL assigns ids before transactions commit, so a row may appear after one with a higher id was sealed. There,
rows are in the order of their transactions, and only rows of transactions older than the oldest running one are
finished: no further row can appear between them. On SQLite only one transaction writes at a time, so ids are in order.
"""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from on_behalf_of.audit.append_only import SealedRow
from on_behalf_of.audit.database import log_connection


@dataclass(frozen=True, order=True)
class Position:
    transaction: int  # 0 on SQLite
    id: int


START = Position(0, 0)


def finished_rows(log: type[SealedRow], after: Position, limit: int) -> list[tuple[Position, str]]:
    """Return position and digest of the next rows that are ready to be sealed, in order."""
    connection = _connection()
    finished = " AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())" if _has_transactions(connection) else ""
    sql = f"SELECT {_position(connection)}, digest FROM {log.table()} WHERE {_compared('>', connection)}{finished}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {_order(connection)} LIMIT %s", [*_values(connection, after), limit])
        return [(Position(transaction, number), digest) for transaction, number, digest in cursor.fetchall()]


def rows_between(log: type[SealedRow], after: Position, until: Position | None, limit: int) -> list[SealedRow]:
    """Return whole rows after one position, up to and including another, in order, at most `limit`."""
    connection = _connection()
    where, values = _compared(">", connection), _values(connection, after)
    if until is not None:
        where, values = f"{where} AND {_compared('<=', connection)}", [*values, *_values(connection, until)]
    sql = f"SELECT * FROM {log.table()} WHERE {where} ORDER BY {_order(connection)} LIMIT %s"  # noqa: S608 - our own names
    return list(log.objects.raw(sql, [*values, limit]))


def count_after(log: type[SealedRow], after: Position, limit: int) -> int:
    """Return how many rows follow, at most `limit`."""
    connection = _connection()
    inner = f"SELECT 1 FROM {log.table()} WHERE {_compared('>', connection)} LIMIT %s"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({inner}) AS following", [*_values(connection, after), limit])  # noqa: S608
        return int(cursor.fetchone()[0])


def position_of(log: type[SealedRow], number: int) -> Position | None:
    """Return the position of the row with that id, or None if it is gone."""
    connection = _connection()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_position(connection)} FROM {log.table()} WHERE id = %s", [number])  # noqa: S608
        found = cursor.fetchone()
    return Position(*found) if found else None


def delete_until(log: type[SealedRow], until: Position) -> int:
    """Delete the rows up to and including a position, and return how many. The triggers must be lifted."""
    connection = _connection()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {log.table()} WHERE {_compared('<=', connection)}", _values(connection, until))  # noqa: S608
        return int(cursor.rowcount)


def _connection() -> BaseDatabaseWrapper:
    return log_connection()


def _has_transactions(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql"


def _position(connection: BaseDatabaseWrapper) -> str:
    # Renamed, because ORDER BY prefers a column of the answer to the table's, and no index has that order.
    return "transaction_id::text::bigint AS transaction, id" if _has_transactions(connection) else "0, id"


def _order(connection: BaseDatabaseWrapper) -> str:
    return "transaction_id, id" if _has_transactions(connection) else "id"


def _compared(operator: str, connection: BaseDatabaseWrapper) -> str:
    if _has_transactions(connection):
        return f"(transaction_id, id) {operator} (%s::xid8, %s)"
    return f"id {operator} %s"


def _values(connection: BaseDatabaseWrapper, position: Position) -> list[str | int]:
    return [str(position.transaction), position.id] if _has_transactions(connection) else [position.id]
