"""The arithmetic of docs/scaling.md: what a rate of calls needs, from the costs of one call."""

import math
from collections.abc import Mapping, Sequence

from tests.bench.figures import Point
from tests.bench.pages import table

CALLS = 10_000  # a second: tool calls, each of which calls the API once
SHARE = 0.5  # of a core, so that the other half is free for bursts and restarts
DAY, RETENTION = 86_400, 400  # seconds; days
PRUNED_TOGETHER = 20_000  # rows in a transaction of audit_prune
API_CONNECTIONS, BRIDGE_CONNECTIONS = 3, 1  # of a process: views, rows, sealing; records
TOOL_CALL = "tool call, one user"


def plan(workers: Sequence[Point], stored: Mapping[str, float]) -> str:
    """Return a table of what CALLS need, from the points with one worker and the bytes that a call stores."""
    point = next(each for each in workers if each.at == 1 and each.scenario == TOOL_CALL)
    parts = point.measured.parts
    cores = {name: cores_for(milliseconds) for name, milliseconds in parts.items()}
    rows = [
        ["API", f"{CALLS:,} calls of {parts['api']:.2f} ms", f"{cores['api']} cores, as many processes"],
        ["bridge", f"{CALLS:,} calls of {parts['mcp']:.2f} ms", f"{cores['mcp']} cores, as many processes"],
        ["PostgreSQL's processes", f"{CALLS:,} calls of {parts['database']:.2f} ms", f"{cores['database']} cores"],
        ["Redis", f"{CALLS:,} calls of {parts['redis']:.3f} ms, at most", f"{cores['redis']} cores"],
        ["rows", f"{CALLS:,} of the API's, as many records of the bridge's", f"{2 * CALLS:,} a second"],
        [
            "connections",
            f"{API_CONNECTIONS} for each process of the API, {BRIDGE_CONNECTIONS} for each of the bridge",
            f"{cores['api'] * API_CONNECTIONS + cores['mcp'] * BRIDGE_CONNECTIONS}, more while views block",
        ],
        [
            "write-ahead log",
            f"{point.log_bytes / 1_000:.1f} KB a call",
            f"{bytes_text(_of_a_day(point.log_bytes))} a day",
        ],
    ]
    if stored:
        row, record = stored["row"], stored["record"]
        rows += [
            ["the API's log", f"{row:.0f} bytes a call", f"{bytes_text(_of_a_day(row))} a day"],
            ["in 400 days", "the same", bytes_text(RETENTION * _of_a_day(row))],
            ["the bridge's records", f"{record:.0f} bytes a call", f"{bytes_text(_of_a_day(record))} a day"],
        ]
    transactions = CALLS * DAY / PRUNED_TOGETHER
    rows.append(["pruning", f"{CALLS * DAY / 1e6:,.0f} million rows a day", f"{transactions:,.0f} transactions a day"])
    return table(["what", "arithmetic", f"for {CALLS:,} tool calls a second"], rows)


def cores_for(milliseconds: float) -> int:
    """Return the cores that CALLS of that processor time need, each busy for SHARE of the time."""
    return max(1, math.ceil(CALLS * milliseconds / 1_000 / SHARE))


def bytes_text(count: float) -> str:
    """Return a number of bytes in decimal units."""
    units = ["bytes", "KB", "MB", "GB", "TB"]
    while count >= 1_000 and len(units) > 1:
        count /= 1_000
        del units[0]
    return f"{count:.0f} {units[0]}" if count >= 10 or units[0] == "bytes" else f"{count:.1f} {units[0]}"


def _of_a_day(of_a_call: float) -> float:
    return CALLS * DAY * of_a_call
