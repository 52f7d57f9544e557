"""Insert rows that are given as plain values. Model instances would cost more to make than the rows to write."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


@lru_cache(maxsize=1_024)
def _prepared_address(text: str | None) -> Any:
    return models.GenericIPAddressField().get_prep_value(text)


# Drivers take the values of these fields unchanged.
_AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
Adapt = Callable[[Any, BaseDatabaseWrapper], Any]
# What these fields do in the end; before that, they would find out what kind of value they were given.
_ADAPT: dict[type[Any], Adapt] = {
    models.DateTimeField: lambda value, connection: connection.ops.adapt_datetimefield_value(value),
    models.JSONField: lambda value, connection: connection.ops.adapt_json_value(value, None),
    models.GenericIPAddressField: lambda value, connection: connection.ops.adapt_ipaddressfield_value(
        _prepared_address(value)
    ),
}


def insert_plain_rows(
    connection: BaseDatabaseWrapper, model: type[models.Model], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add rows in one statement: all or none. Each has a value for every field but the id, which is not read back."""
    names, adapted = _columns(model)
    values: list[Any] = []
    for row in rows:
        content = dict(row)
        for name, adapt in adapted:
            content[name] = adapt(content[name], connection)
        values += [content[name] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(model, model._meta.db_table, len(rows)), values)  # noqa: SLF001 - Django's documented name


@cache
def _columns(model: type[models.Model]) -> tuple[list[str], list[tuple[str, Adapt]]]:
    """Return the fields' names, and the functions that adapt values for the driver, by field, where they need it."""
    fields = _fields(model)
    adapted = [
        (each.attname, _ADAPT.get(type(each), each.get_db_prep_save))
        for each in fields
        if not isinstance(each, _AS_THEY_ARE)
    ]
    return [each.attname for each in fields], adapted


@cache
def _insertion(model: type[models.Model], table: str, count: int) -> str:
    """Return the statement that adds that many rows of a model to its table."""
    fields = _fields(model)
    quoted = ", ".join(f'"{each.column}"' for each in fields)
    places = f"({', '.join(['%s'] * len(fields))})"
    return f'INSERT INTO "{table}" ({quoted}) VALUES {", ".join([places] * count)}'  # noqa: S608 - our own names


def _fields(model: type[models.Model]) -> list[Any]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django's documented name
    return [each for each in fields if each.column and not isinstance(each, models.AutoField)]
