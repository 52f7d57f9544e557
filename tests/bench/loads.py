"""One load on one target: what it answered, what that cost its processes, and whether each call is on record."""

import itertools
import json
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import redis

from tests.bench import wrk
from tests.bench.figures import Measured, row_faults
from tests.bench.load import put_under_load, request
from tests.bench.processes import seconds_of, tree
from tests.bench.quick_tenant import exchanges
from tests.bench.scenarios import API_PATH, BODY, HEADERS, MCP_PATH, Scenario
from tests.bench.targets import Target
from tests.bench.tokens import SUBJECT, Tokens
from tests.issuer import Issuer

SETTLE = 5.0  # seconds for calls whose answers wrk did not wait for
Used = dict[str, dict[int, float]]  # part of the target -> process -> seconds


@dataclass(frozen=True)
class Found:
    """What a load generator says. Times are in milliseconds."""

    seconds: float
    answered: int  # rightly
    sent: int
    p50: float
    p99: float
    faults: tuple[str, ...]


def put_load(
    scenario: Scenario,
    target: Target,
    tokens: Tokens,
    seconds: float,
    issuer: Issuer,
    ca_file: Path,
    *,
    ends_with_tokens: bool = False,
) -> Measured:
    """Put the target under load for that time.

    Once it has used each token, wrk still waits for the end of that time, but not with `ends_with_tokens`.
    """
    rows = target.count_rows() if target.count_rows else 0
    exchanged, used = exchanges(issuer, ca_file), _used(target, scenario)
    has_wrk = scenario.service == "api" and wrk.is_installed() and not ends_with_tokens
    put = _by_wrk if has_wrk else _by_asyncio
    found = put(scenario, target, tokens, seconds)
    gained = _gained(target, rows, found.sent)
    parts = _spent(used, _used(target, scenario))
    exchanged = exchanges(issuer, ca_file) - exchanged
    tokens.use(target.name, found.sent)
    calls = max(1, found.sent)  # those that wrk did not wait for cost time, too
    return Measured(
        rate=found.answered / found.seconds,
        p50=found.p50,
        p99=found.p99,
        processor_time=sum(parts[name] for name in ("api", "mcp") if name in parts) * 1_000 / calls,
        parts={name: each * 1_000 / calls for name, each in parts.items()},
        answered=found.answered,
        sent=found.sent,
        rows=gained,
        exchanges=exchanged / calls,
        faults=(*found.faults, *row_faults(found.answered, found.sent, gained)),
    )


def _by_wrk(scenario: Scenario, target: Target, tokens: Tokens, seconds: float) -> Found:
    said = wrk.run_wrk(
        f"http://127.0.0.1:{target.ports['api']}{API_PATH}",
        tokens,
        start=tokens.first_unused(target.name),
        status=scenario.status,
        text=SUBJECT if scenario.is_answered else "",
        connections=scenario.connections,
        seconds=seconds,
    )
    faults = []
    if said["bad"] or said["broken"]:
        faults = [f"{said['bad']} wrong answers, {said['broken']} broken connections: {said['example']}"]
    return Found(said["seconds"], said["good"], said["sent"], said["p50"], said["p99"], tuple(faults))


def _by_asyncio(scenario: Scenario, target: Target, tokens: Tokens, seconds: float) -> Found:
    lines = tokens.file.read_text().split()
    first = tokens.first_unused(target.name)
    made = itertools.islice(itertools.cycle(lines) if tokens.cycles else lines, first, None)
    method, path, body = ("GET", API_PATH, b"") if scenario.service == "api" else ("POST", MCP_PATH, BODY)
    headers = {} if scenario.service == "api" else HEADERS
    load = put_under_load(
        target.ports[scenario.service],
        lambda: request(method, path, token=next(made), body=body, headers=headers),
        connections=scenario.connections,
        seconds=seconds,
        is_good=scenario.is_good,
    )
    wrong = load.failures.total()
    faults = (f"{wrong} wrong answers: {json.dumps(load.failures.most_common(1))}",) if wrong else ()
    answered = len(load.times)
    return Found(load.seconds, answered - wrong, answered, load.percentile(50), load.percentile(99), faults)


def _gained(target: Target, before: int, sent: int) -> int | None:
    """Return how many rows the log gained, once it has one for each call that was sent, or no more come."""
    if target.count_rows is None:
        return None
    deadline = time.monotonic() + SETTLE
    gained = target.count_rows() - before
    while gained < sent and time.monotonic() < deadline:
        time.sleep(0.2)
        last, gained = gained, target.count_rows() - before
        if last == gained:
            break
    return gained


def _used(target: Target, scenario: Scenario) -> Used:
    """Return the processor time of everything that takes part in a call."""
    names = ("api",) if scenario.service == "api" else ("api", "mcp")
    used = {name: {each.pid: seconds_of(each) for each in tree(target.processes[name].pid)} for name in names}
    if target.postgres_url:
        used["database"] = _backends(target.postgres_url)
    if target.redis_url and scenario.service == "mcp":
        with redis.Redis.from_url(target.redis_url) as client:
            said = client.info("cpu")
        used["redis"] = {0: said["used_cpu_sys"] + said["used_cpu_user"]}
    return used


def _backends(url: str) -> dict[int, float]:
    """Return the processor time of PostgreSQL's processes for this database; empty if they run on another machine."""
    statement = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url) as connection:
        pids = [pid for (pid,) in connection.execute(statement).fetchall()]
    found = {}
    for pid in pids:
        try:
            each = psutil.Process(pid)
            if each.name() == "postgres":
                found[pid] = seconds_of(each)
        except psutil.NoSuchProcess:
            continue
    return found


def _spent(before: Used, after: Used) -> dict[str, float]:
    """Return the seconds of each part. A process that ended in the meantime counts for nothing."""
    return {
        part: sum(seconds - before.get(part, {}).get(pid, 0.0) for pid, seconds in processes.items())
        for part, processes in after.items()
    }
