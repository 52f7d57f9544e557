"""The reviewer's first page: how many calls were made and refused, by whom and why, and whether the log is sealed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from on_behalf_of.audit.admin import figures, reasons, seals
from on_behalf_of.audit.admin.delegation import hops
from on_behalf_of.audit.admin.figures import SPANS, Interval, Ranking, Share
from on_behalf_of.audit.admin.newest_first import COLUMNS

WIDTH, HEIGHT = 720, 200  # units of the chart
LEFT, RIGHT, BOTTOM, TOP = 56, 28, 26, 10  # room for its labels
LABELS = 8  # at most, along the time


@dataclass(frozen=True)
class Bar:
    """One interval in the chart: allowed below, refused and failed on top."""

    interval: Interval
    x: float
    width: float
    scale: float  # units per call
    label: str
    is_labelled: bool
    is_labelled_in_narrow_windows: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def parts(self) -> list[tuple[str, float, float]]:
        """(decision, y, height) of each decision that has calls."""
        base = float(HEIGHT - BOTTOM)
        found = []
        for decision in ("allowed", "refused", "failed"):
            if count := getattr(self.interval, decision):
                height = max(count * self.scale, 1.0)  # one refusal among thousands of calls stays visible
                base -= height
                found.append((decision, round(base, 1), round(height, 1)))
        return found


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    ticks: list[tuple[float, int]]  # height in the picture, and the number of calls at that height
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def chart(intervals: list[Interval], *, hourly: bool) -> Chart:
    top = _round_number(max(interval.total for interval in intervals))
    scale = (HEIGHT - BOTTOM - TOP) / top
    step = (WIDTH - LEFT - RIGHT) / len(intervals)
    every = -(-len(intervals) // LABELS)
    last = len(intervals) - 1
    bars = [
        Bar(
            interval,
            x=round(LEFT + number * step + step * 0.12, 1),
            width=round(step * 0.76, 1),
            scale=scale,
            label=f"{interval.begin:%H:00}" if hourly else f"{interval.begin:%d} {interval.begin:%b}",
            is_labelled=(last - number) % every == 0,
            is_labelled_in_narrow_windows=(last - number) % (2 * every) == 0,
        )
        for number, interval in enumerate(intervals)
    ]
    return Chart(bars, [(round(HEIGHT - BOTTOM - part * scale, 1), part) for part in sorted({0, top // 2, top})])


def _round_number(number: int) -> int:
    """Return the next of 2, 4, 10, 20, 40, 100, … as the end of a readable scale."""
    scale = 1
    while scale * 10 < number:
        scale *= 10
    return next(scale * factor for factor in (2, 4, 10) if scale * factor >= number)


@dataclass(frozen=True)
class Row:
    """A line of a ranking, with the width of its bar in percent of the largest."""

    share: Share
    percent: float
    sentence: str = ""


def _rows(ranking: Ranking) -> list[Row]:
    largest = max((share.count for share in ranking.shares), default=1)
    return [
        Row(share, round(100 * share.count / largest, 1), reasons.sentences().get(share.name, ""))
        for share in ranking.shares
    ]


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("obo_audit.view_delegatedaccess"):
        raise PermissionDenied
    key = request.GET.get("span", "")
    key = key if key in SPANS else "24h"
    span = SPANS[key]
    calls = figures.over_time(span, timezone.now())
    actors = figures.by_actor(calls.since)
    given = figures.by_reason(calls.since)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Delegated access",
        "span": key,
        "spans": [(name, each.name) for name, each in SPANS.items()],
        "span_name": span.name,
        "calls": calls,
        "chart": chart(calls.intervals, hourly=key == "24h"),
        "actors": actors,
        "actor_rows": _rows(actors),
        "reasons": given,
        "reason_rows": _rows(given),
        "refusals": [(row, hops(row)) for row in figures.newest_refusals(COLUMNS)],
        "sealing": seals.summary(),
    }
    return TemplateResponse(request, "admin/audit/dashboard.html", context)
