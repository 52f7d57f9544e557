"""Which tools there are, where they come from, and how often they were called, for reviewers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from on_behalf_of.mcp.models import ToolCall
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.primitives.call_error import Outcome

MOST_COUNTED = 10_000  # calls, the newest: counting a whole large table takes seconds


@dataclass
class Counts:
    """The calls of one tool."""

    calls: int = 0
    refused: int = 0
    failed: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class Usage:
    """Calls by tool. `others` are called names that are not tools (any more)."""

    tools: list[tuple[Tool, Counts]]
    others: list[tuple[str, Counts]]
    counted: int
    is_partial: bool  # there are more calls than were counted
    since: datetime | None = None  # the oldest call that was counted


def usage(tools: Iterable[Tool]) -> Usage:
    """Count the newest calls by tool."""
    found: defaultdict[str, Counts] = defaultdict(Counts)
    newest = list(ToolCall.objects.order_by("-id").values_list("tool", "outcome", "time")[: MOST_COUNTED + 1])
    counted = newest[:MOST_COUNTED]
    for name, outcome, time in counted:
        counts = found[name]
        counts.calls += 1
        counts.refused += outcome == Outcome.REFUSED
        counts.failed += outcome in {Outcome.FAILED, Outcome.TOOL_ERROR}
        counts.last = counts.last or time
    known = [(tool, found.pop(tool.name, Counts())) for tool in tools]
    others = sorted(found.items(), key=lambda each: -each[1].calls)
    return Usage(known, others, len(counted), len(newest) > len(counted), counted[-1][2] if counted else None)
