"""Models whose rows are added and read, never changed. Django refuses here, before any trigger does."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
Row_co = TypeVar("Row_co", bound="AppendOnly", covariant=True)


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise TypeError("The audit log is append-only.")


async def _arefuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise TypeError("The audit log is append-only.")


class AppendOnlyQuerySet(models.QuerySet[Row_co]):
    """Raises TypeError for everything that would change, remove or silently skip a row."""

    update = delete = bulk_update = update_or_create = get_or_create = _refuse
    _update = _raw_delete = _refuse  # what Model.save and the deletion of related objects use
    aupdate = adelete = abulk_update = aupdate_or_create = aget_or_create = _arefuse

    def bulk_create(  # noqa: PLR0917 - Django's signature
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        if ignore_conflicts or update_conflicts or update_fields or unique_fields:
            _refuse()
        rows = list(objs)
        for row in rows:
            row.prepare()
        return super().bulk_create(rows, batch_size=batch_size)


class AppendOnly(models.Model):
    """Base of models whose rows cannot be changed."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_permissions = ("view",)

    def save(self, *, using: str | None = None, **_kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        self.prepare()
        super().save(force_insert=True, using=using)  # never an UPDATE, whatever the primary key says

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        _refuse()

    def prepare(self) -> None:
        """Complete the row. Called once, right before the row is written."""


class SealedRow(AppendOnly):
    """A row of a sealed log. Its digest covers every field that FORMATS names for its format.

    The row's id is not among them, because the database assigns it after the digest is made; the seal holds both.
    """

    LOG: ClassVar[str]  # names the log in seals
    FORMATS: ClassVar[dict[int, tuple[str, ...]]]  # a new field means a new format: old rows keep their digests

    format = models.PositiveSmallIntegerField(default=1, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of everything that this row records.")

    class Meta(AppendOnly.Meta):
        abstract = True

    def prepare(self) -> None:
        self.format = max(self.FORMATS)
        self.digest = row_digest(self)

    @classmethod
    def table(cls) -> str:
        return cls._meta.db_table


def row_digest(row: SealedRow) -> str:
    """Return the SHA-256, hexadecimal, of the row's canonical JSON. Raises KeyError for an unknown format."""
    names = row.FORMATS[row.format]
    return content_digest(type(row), row.format, {name: getattr(row, name) for name in names})


def content_digest(model: type[SealedRow], number: int, content: Mapping[str, Any]) -> str:
    """Return the digest of a row with this content, in the format with that number."""
    canonical = {name: content[name] for name in model.FORMATS[number]}
    for name, spelled in _spellings(model):
        if value := canonical.get(name):
            canonical[name] = spelled(value)
    canonical["log"], canonical["format"] = model.LOG, number
    return sha256(canonical)


def canonical_value(row: models.Model, name: str) -> Any:
    """Return a field's value in a form that is the same before it is stored and after it is read from any database."""
    value = getattr(row, name)
    spelled = dict(_spellings(type(row))).get(name)
    return spelled(value) if spelled and value else value


@lru_cache(maxsize=1_024)
def _canonical_address(text: str) -> str:
    address = ip_address(text)
    if mapped := getattr(address, "ipv4_mapped", None):  # its spelling differs between versions of Python
        return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"
    return str(address)


@cache
def _spellings(model: type[models.Model]) -> list[tuple[str, Callable[[Any], str]]]:
    """Return the fields whose values have several spellings, and the function that returns the canonical one."""
    functions: dict[type[Any], Callable[[Any], str]] = {
        models.DateTimeField: utc_text,
        models.GenericIPAddressField: _canonical_address,
    }
    fields = model._meta.fields  # noqa: SLF001 - Django's documented name
    return [(field.name, functions[type(field)]) for field in fields if type(field) in functions]


def utc_text(time: datetime) -> str:
    """Return a time as RFC 3339 with microseconds, always in UTC."""
    return (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat(timespec="microseconds")


def canonical_json(content: Any) -> bytes:
    """Return the only spelling of this content: members sorted, no blanks, ASCII."""
    return _encode(content).encode()


def sha256(content: Any) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()
