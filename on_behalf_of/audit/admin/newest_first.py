"""Pages of the audit log, newest first, at a cost that does not grow with it: no count, no offset into the table.

A page is identified by the row that it begins after, so new rows do not shift it. If no index serves the combined
filters, a page ends after looking at a bounded number of rows, and says how far it got.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from on_behalf_of.audit.admin.filters import AccessFilter
from on_behalf_of.audit.models import DelegatedAccess

# What lists of calls show; nothing else is read for them.
COLUMNS = ("time", "subject", "client_id", "actor", "actor_chain", "organization", "method", "path", "route", "status",
           "decision", "reason")  # fmt: skip
PAGE_SIZE = 50
MAX_LOOKED_AT = 25_000  # rows for one page
MAX_ID = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,19})")


@dataclass(frozen=True, order=True)
class Place:
    """A place between two rows of the log: just before or after the row with this time and id."""

    time: datetime
    pk: int

    def __str__(self) -> str:
        return f"{(self.time - EPOCH) // timedelta(microseconds=1)}-{self.pk}"

    @classmethod
    def of(cls, row: DelegatedAccess) -> "Place":
        return cls(row.time, row.pk)

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Parse what `str()` returned. Raises ValueError for any other text."""
        match = _CURSOR.fullmatch(text)
        if not match or int(match[2]) > MAX_ID:
            raise ValueError("not a place in the log")
        return cls(EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))

    def older(self) -> Q:
        # The first condition follows from the second; databases use an index for it.
        return Q(time__lte=self.time) & (Q(time__lt=self.time) | Q(pk__lt=self.pk))

    def newer(self) -> Q:
        return Q(time__gte=self.time) & (Q(time__gt=self.time) | Q(pk__gt=self.pk))


@dataclass(frozen=True)
class Page:
    rows: list[DelegatedAccess]  # newest first
    newer: Place | None = None  # where the page of newer rows begins, if there may be any
    older: Place | None = None
    looked_back_to: datetime | None = None  # set if the search ended before the page was full


def page_before(
    asked: AccessFilter, place: Place | None, *, size: int = PAGE_SIZE, columns: tuple[str, ...] = ()
) -> Page:
    """Return the newest rows before `place`, or of the whole log."""
    since, until = asked.bounds()
    within = _range(since, until)
    end = None
    if asked.is_sparse:
        start = place.time if place else until
        end = _nth(Q(time__lte=start) if start else Q(), "-time")
        if end and (since is None or end > since):
            within &= Q(time__gte=end)
        else:
            end = None
    rows = _rows(asked, within & (place.older() if place else Q()), ("-time", "-pk"), size, columns)
    older = Place.of(rows[size - 1]) if len(rows) > size else None
    looked_back_to = end if older is None else None
    if end and older is None:
        older = Place(end, 0)
    newer = Place.of(rows[0]) if place and rows else place
    return Page(rows[:size], newer if place else None, older, looked_back_to)


def page_after(asked: AccessFilter, place: Place, *, size: int = PAGE_SIZE, columns: tuple[str, ...] = ()) -> Page:
    """Return the oldest rows after `place`: the previous page, when reading newest first."""
    within = _range(*asked.bounds())
    end = None
    if asked.is_sparse and (end := _nth(Q(time__gte=place.time), "time")):
        within &= Q(time__lte=end)
    rows = _rows(asked, within & place.newer(), ("time", "pk"), size, columns)
    if len(rows) <= size and end is None:  # the top is reached: a full first page is more useful than a short one
        return page_before(asked, None, size=size, columns=columns)
    newer = Place.of(rows[size - 1]) if len(rows) > size else Place(end, MAX_ID) if end else None
    shown = rows[:size][::-1]
    return Page(shown, newer, Place.of(shown[-1]) if shown else Place(place.time, min(place.pk + 1, MAX_ID)))


def _range(since: datetime | None, until: datetime | None) -> Q:
    return (Q(time__gte=since) if since else Q()) & (Q(time__lte=until) if until else Q())


def _nth(where: Q, order: str) -> datetime | None:
    """Return the time of the row at which a sparse search stops, if the log goes on that far."""
    times = DelegatedAccess.objects.filter(where).order_by(order).values_list("time", flat=True)
    return next(iter(times[MAX_LOOKED_AT : MAX_LOOKED_AT + 1]), None)


def _rows(
    asked: AccessFilter, where: Q, order: tuple[str, str], size: int, columns: tuple[str, ...]
) -> list[DelegatedAccess]:
    """Return at most one row more than fits on the page, which shows that another page follows."""
    found: dict[int, DelegatedAccess] = {}
    for search in asked.searched():
        rows: QuerySet[DelegatedAccess] = DelegatedAccess.objects.filter(search & asked.conditions() & where)
        if columns:
            rows = rows.only(*columns)
        found |= {row.pk: row for row in rows.order_by(*order)[: size + 1]}
    return sorted(found.values(), key=Place.of, reverse=order[0].startswith("-"))[: size + 1]
