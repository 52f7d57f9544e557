"""Rows to be written, as plain values: making a model instance of each would cost more than writing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from on_behalf_of.audit.append_only import SealedRow, content_digest
from on_behalf_of.audit.database import log_connection

# Drivers take the values of these fields unchanged.
_AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
Adapt = Callable[[Any, BaseDatabaseWrapper], Any]
# What these fields do in the end; before that, they would find out what kind of value they were given.
_ADAPT: dict[type[Any], Adapt] = {
    models.DateTimeField: lambda value, connection: connection.ops.adapt_datetimefield_value(value),
    models.JSONField: lambda value, connection: connection.ops.adapt_json_value(value, None),
}


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row of `model`. `content` has all fields that the newest format names, except `time`, which is now."""

    model: type[SealedRow]
    content: Mapping[str, Any]
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


def insert_rows(rows: Sequence[NewRow]) -> None:
    """Add rows of one model in one statement: all or none. Their ids are not read back."""
    connection, model = log_connection(), rows[0].model
    columns, newest = _columns(model), max(model.FORMATS)
    values: list[Any] = []
    for row in rows:
        content: dict[str, Any] = {**row.content, "time": row.time}
        content |= {"format": newest, "digest": content_digest(model, newest, content)}
        values += [adapt(content[name], connection) if adapt else content[name] for name, _, adapt in columns]
    statement = _insertion(model.table(), tuple(column for _, column, _ in columns), len(rows))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@cache
def _columns(model: type[SealedRow]) -> list[tuple[str, str, Adapt | None]]:
    """Return each field's name and column, and the function that adapts its values for the driver, if they need it."""
    return [
        (
            each.attname,
            each.column,
            None if isinstance(each, _AS_THEY_ARE) else _ADAPT.get(type(each), each.get_db_prep_save),
        )
        for each in model._meta.concrete_fields  # noqa: SLF001 - Django's documented name
        if each.column and not isinstance(each, models.AutoField)
    ]


@cache
def _insertion(table: str, columns: tuple[str, ...], count: int) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns)
    places = f"({', '.join(['%s'] * len(columns))})"
    return f'INSERT INTO "{table}" ({quoted}) VALUES {", ".join([places] * count)}'  # noqa: S608 - our own names
