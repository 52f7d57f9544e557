from collections.abc import Sequence
from typing import Any

from django.db import close_old_connections, connections, router

from on_behalf_of.audit.plain_rows import insert_plain_rows
from on_behalf_of.mcp.models import MAX_IDENTIFIER, ToolCall
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.resource_server.actor import Actor


def write_rows(records: Sequence[CallRecord]) -> None:
    """Insert the records together. Raises what the database raises, and uses a new connection the next time."""
    close_old_connections()
    connection = connections[router.db_for_write(ToolCall)]
    try:
        insert_plain_rows(connection, ToolCall, [_row(record) for record in records])
    except BaseException:
        connection.close()
        raise


def _row(record: CallRecord) -> dict[str, Any]:
    token, actor = record.token, record.token.actor
    return {
        "time": record.time,
        "tool": record.tool,
        "issuer": _bounded(token.issuer),
        "subject": _bounded(token.subject),
        "client_id": _bounded(token.client_id),
        "actor": _bounded(actor.subject) if actor else "",
        "actor_chain": [_level(level) for level in actor.chain()] if actor else [],
        "organization": _bounded(token.organization or ""),
        "scopes": sorted(token.scopes),
        "exchange": record.exchange.value,
        "outcome": record.outcome.value if record.outcome else "",
        "reason": record.reason,
        "duration_ms": record.duration_ms,
        "trace_id": record.trace.id,
        "trace_from_caller": record.trace.from_caller,
        "request_id": record.request_id,
        "arguments_digest": record.arguments_digest,
    }


def _level(actor: Actor) -> dict[str, str]:
    return {name: _bounded(value) for name, value in actor.members().items()}


def _bounded(identifier: str) -> str:
    """Return the identifier in a form that the database accepts, so that one record cannot make its batch fail.

    Verified identifiers already are limited in length and free of control characters.
    """
    return identifier.encode(errors="replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MAX_IDENTIFIER]
