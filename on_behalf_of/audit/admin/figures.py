"""The dashboard's numbers: counted by the database over index ranges, and bounded however long the log is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Value

from on_behalf_of.audit.admin import reasons
from on_behalf_of.audit.models import Decision, DelegatedAccess

MAX_COUNTED = 250_000  # entries of an index, which are counted without reading their rows
MAX_READ = 10_000  # rows, if they must be read
SHOWN = 8  # actors, reasons


@dataclass(frozen=True)
class Span:
    name: str
    step: timedelta
    steps: int


SPANS = {
    "24h": Span("24 hours", timedelta(hours=1), 24),
    "7d": Span("7 days", timedelta(days=1), 7),
    "30d": Span("30 days", timedelta(days=1), 30),
}


@dataclass(frozen=True)
class Interval:
    """The calls of one hour or day."""

    begin: datetime
    allowed: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.allowed + self.refused + self.failed


@dataclass(frozen=True)
class OverTime:
    intervals: list[Interval]
    counted_from: datetime | None  # set if older calls of the span were not counted
    since: datetime  # the beginning of what was counted

    @property
    def total(self) -> int:
        return sum(interval.total for interval in self.intervals)

    @property
    def refused(self) -> int:
        return sum(interval.refused for interval in self.intervals)

    @property
    def failed(self) -> int:
        return sum(interval.failed for interval in self.intervals)


@dataclass(frozen=True)
class Share:
    name: str
    count: int
    refused: int = 0  # of these


@dataclass(frozen=True)
class Ranking:
    shares: list[Share]
    of: int  # rows looked at
    is_partial: bool  # the span holds more rows than were looked at


def over_time(span: Span, now: datetime) -> OverTime:
    """Return the calls of each interval; the last one is not over yet."""
    last = now.replace(minute=0, second=0, microsecond=0)
    if span.step >= timedelta(days=1):
        last = last.replace(hour=0)
    begins = [last - span.step * back for back in reversed(range(span.steps))]
    floor = _nth_newest(begins[0])
    ranges = [(number, max(begin, floor or begin), begin + span.step) for number, begin in enumerate(begins)]
    queries = [_counted(number, begin, end) for number, begin, end in ranges if begin < end]
    counts: Counter[tuple[int, str]] = Counter()
    for number, decision, count in queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]:
        counts[number, decision] = count
    intervals = [
        Interval(begin, *(counts[number, decision.value] for decision in Decision))
        for number, begin in enumerate(begins)
    ]
    return OverTime(intervals, floor, floor or begins[0])


def by_actor(since: datetime) -> Ranking:
    """Return who acted in the newest calls."""
    newest = DelegatedAccess.objects.filter(time__gte=since).order_by("-time")[:MAX_READ]
    rows = Counter(newest.values_list("actor", "decision"))
    calls: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for (actor, decision), count in rows.items():
        calls[actor] += count
        refused[actor] += count if decision != Decision.ALLOWED else 0
    shares = [Share(actor, count, refused[actor]) for actor, count in calls.most_common(SHOWN)]
    return Ranking(shares, rows.total(), rows.total() == MAX_READ)


def by_reason(since: datetime) -> Ranking:
    """Return how often each reason was given; `since` bounds how much is counted."""
    rows = DelegatedAccess.objects.filter(reason__in=list(reasons.sentences()), time__gte=since).order_by()
    counts = Counter(dict(rows.values_list("reason").annotate(count=Count("*"))))
    return Ranking([Share(*share) for share in counts.most_common(SHOWN)], counts.total(), is_partial=False)


def newest_refusals(columns: tuple[str, ...], count: int = 8) -> list[DelegatedAccess]:
    rows = DelegatedAccess.objects.filter(decision=Decision.REFUSED).only(*columns)
    return list(rows.order_by("-time", "-pk")[:count])


def _counted(number: int, begin: datetime, end: datetime) -> QuerySet[DelegatedAccess, tuple[int, str, int]]:
    # All decisions are named, so that the index on them alone can answer the query.
    rows = DelegatedAccess.objects.filter(decision__in=Decision.values, time__gte=begin, time__lt=end).order_by()
    return rows.values_list(Value(number), "decision").annotate(count=Count("*"))


def _nth_newest(since: datetime) -> datetime | None:
    times = DelegatedAccess.objects.filter(time__gte=since).order_by("-time").values_list("time", flat=True)
    return next(iter(times[MAX_COUNTED : MAX_COUNTED + 1]), None)
